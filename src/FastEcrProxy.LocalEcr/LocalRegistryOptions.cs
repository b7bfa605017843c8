namespace FastEcrProxy.LocalEcr;

/// <summary>
/// A registry that is no private ECR: an edge or regional proxy, Harbor, Docker Hub, ECR Public. It does what the
/// distribution spec says unless <see cref="Manners"/> say otherwise.
/// </summary>
public sealed record LocalRegistryOptions(string Name)
{
    /// <summary>Zero is any free port.</summary>
    public int Port { get; init; }

    public RegistryAuth Auth { get; init; }

    /// <summary>Who may come in, or get tokens. Without <see cref="RegistryAuth"/> nobody is asked.</summary>
    public string User { get; init; } = "robot";

    public string Password { get; init; } = "local-password-of-robot";

    /// <summary>With Bearer: the token service gives tokens for pulls to everybody, and for more to the user.</summary>
    public bool AnonymousPull { get; init; }

    /// <summary>With Bearer: the token service is another server, at another port, instead of <c>/token</c> here.</summary>
    public bool TokensElsewhere { get; init; }

    public int TokensPort { get; init; }

    /// <summary>What the challenge calls the registry; tokens are asked for in this name.</summary>
    public string Service { get; init; } = "registry.local";

    /// <summary>The scope that every challenge names; null: what the request would need.</summary>
    public string? Scope { get; init; }

    /// <summary>How long a bearer token is valid.</summary>
    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The Region whose content it serves, pushed and pulled; null: its own.</summary>
    public string? ContentOf { get; init; }

    /// <summary>GETs of blobs are redirected to signed URLs at a port of their own; otherwise it sends blobs itself.</summary>
    public bool RedirectsBlobs { get; init; }

    public RegistryManners Manners { get; init; } = RegistryManners.Spec;

    /// <summary>Whether ECR Public's API hands out tokens for it.</summary>
    internal bool IsEcrPublic => Auth == RegistryAuth.Bearer && Scope == BearerScope.Everything;

    internal BasicCredentials Credentials => new(User, Password);

    /// <summary>
    /// ECR Public: tokens for everybody, for all repositories by <c>scope=aws</c>, blobs by redirect, and the deviations of
    /// <see cref="RegistryManners.EcrPublic"/>.
    /// </summary>
    public static LocalRegistryOptions EcrPublic(string name = "public") => new(name)
    {
        Auth = RegistryAuth.Bearer,
        AnonymousPull = true,
        Service = "public.ecr.aws",
        Scope = BearerScope.Everything,
        User = "AWS",
        TokenLifetime = TimeSpan.FromHours(12),
        RedirectsBlobs = true,
        Manners = RegistryManners.EcrPublic,
    };
}
