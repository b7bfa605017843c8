using System.Net;

namespace FastEcrProxy.LocalEcr;

/// <summary>A registry that is no private ECR, with its token service where it has one.</summary>
public sealed class LocalRegistry : LocalService
{
    private readonly LocalRegistryOptions _registry;
    private readonly BearerTokens _tokens;

    internal LocalRegistry(LocalRegistryOptions registry, LocalEcrOptions options, Content? shared)
        : base(registry.Name, registry.Manners, options, shared ?? new Content("000000000000", options.Clock))
    {
        _registry = registry;
        _tokens = new BearerTokens(registry, options.Clock);
        LayerUrls = registry.RedirectsBlobs ? new LayerUrls("us-east-1", options.AccessKeyId, options) : null;
        Door = registry.Auth switch
        {
            RegistryAuth.Basic => new BasicDoor(registry),
            RegistryAuth.Bearer => new BearerDoor(this, registry, _tokens),
            _ => new OpenDoor(),
        };

        var tls = options.Certificate;
        var service = new TokenService(this, registry, _tokens);
        var origin = new RegistryOrigin(this);
        Add(
            OriginName.Registry,
            new(
                IPAddress.Loopback,
                registry.Port,
                tls,
                Faults,
                http => service.IsAsked(http) ? service.AnswerAsync(http) : origin.AnswerAsync(http)));
        if (registry.TokensElsewhere)
        {
            Add(OriginName.Tokens, new(IPAddress.Loopback, registry.TokensPort, tls, Faults, service.AnswerAsync));
        }

        if (registry.RedirectsBlobs)
        {
            Add(OriginName.Layers, new(options.LayersAddress, 0, tls, Faults, new LayersOrigin(this).AnswerAsync));
        }
    }

    /// <summary>Where the challenge leads to, without a query.</summary>
    public Uri TokenService => new(_registry.TokensElsewhere ? Origin(OriginName.Tokens)!.Address : Registry, "/token/");

    public string User => _registry.User;

    /// <summary>It opens nothing but this stand-in.</summary>
    public string Password => _registry.Password;

    internal override string RegistryId => Name;

    internal override IRegistryDoor Door { get; }

    internal override LayerUrls? LayerUrls { get; }

    /// <summary>A bearer token without asking the token service.</summary>
    /// <param name="scopes">Such as <c>repository:demo/x:pull,push</c>; none: for everything.</param>
    public string MintToken(params IEnumerable<string> scopes) => _tokens.Mint([.. scopes.DefaultIfEmpty(BearerScope.Everything)]).Text;

    /// <summary>A token as ecr-public's GetAuthorizationToken gives it.</summary>
    internal BearerTokens.Token MintAuthorizationToken() => _tokens.MintForUser("AWS");

    internal override string Denial(string action, string repository, string? accountId = null, string? who = null) =>
        "requested access to the resource is denied";

    internal override void ExpireTokens() => _tokens.ExpireAll();
}
