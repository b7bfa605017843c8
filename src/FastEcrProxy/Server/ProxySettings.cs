using System.Net;
using FastEcrProxy.Cache;
using FastEcrProxy.Clients;
using FastEcrProxy.Ecr;
using FastEcrProxy.Http;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>Everything that was configured, read and checked: what the server is built from.</summary>
internal sealed record ProxySettings
{
    public required ListenOptions Listen { get; init; }

    /// <summary>Where health and metrics are.</summary>
    public required IPEndPoint AdminAddress { get; init; }

    /// <summary>Who may call; by default everybody, which only <see cref="SettingsReader"/> refuses where that is too many.</summary>
    public ClientOptions Clients { get; init; } = new();

    public required CacheOptions Cache { get; init; }

    public required UpstreamOptions Upstream { get; init; }

    /// <summary>Where tokens come from; unused where <see cref="UpstreamOptions.UsesEcrToken"/> is false.</summary>
    public required EcrOptions Ecr { get; init; }

    /// <summary>
    /// Which requests go where; never empty. Without a table in the configuration it is one rule of <see cref="Upstream"/>; with
    /// one, <see cref="Upstream"/> and <see cref="Ecr"/> are those of its first registry.
    /// </summary>
    public IReadOnlyList<RuleOptions> Upstreams
    {
        get => field ?? [OnlyRule()];
        init;
    }

    /// <summary>Without a table: whether <c>/v2/_catalog</c> is passed on. Default false: it shows every repository's name.</summary>
    public bool Catalog { get; init; }

    /// <summary>How much clients may have.</summary>
    public LimitOptions Limits { get; init; } = new();

    public required LogOptions Log { get; init; }

    /// <summary>What was given but has no effect, one sentence each, for the log at start.</summary>
    public IReadOnlyList<string> Notices { get; init; } = [];

    /// <summary>The one rule of a proxy that was given one upstream and no table.</summary>
    private RuleOptions OnlyRule() => new()
    {
        Registries = [new RegistryOptions(Upstream.Host?.Region ?? Upstream.Endpoint?.Authority ?? "own", Upstream, Ecr)],
        Catalog = Catalog,
    };
}
