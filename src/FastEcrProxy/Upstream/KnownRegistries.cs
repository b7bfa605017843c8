namespace FastEcrProxy.Upstream;

/// <summary>Registries that are dialled at another name than images have, or that have rules of their own.</summary>
internal static class KnownRegistries
{
    /// <summary>The name that images of ECR Public have; the other one has IPv6 too.</summary>
    public const string EcrPublic = "public.ecr.aws";

    /// <summary>Where Docker Hub gives its tokens.</summary>
    public const string DockerHubTokens = "auth.docker.io";

    private const string EcrPublicDualStack = "ecr-public.aws.com";
    private const string DockerHub = "registry-1.docker.io";

    public static bool IsEcrPublic(string host) => Is(host, EcrPublic) || Is(host, EcrPublicDualStack);

    /// <summary>Docker Hub, by the name in images or by that of its server.</summary>
    public static bool IsDockerHub(string host) => Is(host, "docker.io") || Is(host, "index.docker.io") || Is(host, DockerHub);

    /// <summary>Where a registry is dialled that images call so; null for what is no host.</summary>
    public static Uri? AddressOf(string host) =>
        Uri.TryCreate("https://" + (IsDockerHub(host) ? DockerHub : host), UriKind.Absolute, out var address)
        && address is { PathAndQuery: "/", Fragment: "", UserInfo: "" }
            ? address
            : null;

    private static bool Is(string host, string name) => host.Equals(name, StringComparison.OrdinalIgnoreCase);
}
