using System.Net;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>One rule of the configuration: which requests it takes, which registries they go to, and what may be done there.</summary>
internal sealed record RuleOptions
{
    /// <summary>
    /// Its name in log, metrics and <c>check</c>, unique; what is cached under the rule belongs to it. Empty for the only rule
    /// of a proxy that was given one upstream and no table.
    /// </summary>
    public string Name { get; init; } = "";

    /// <summary>Which requests it takes.</summary>
    public RuleMatch Match { get; init; } = new();

    /// <summary>Where the registries' names come from.</summary>
    public RuleShape Shape { get; init; }

    /// <summary>What is cut from the front of a repository's name, whole components: <c>team</c>. Null: nothing.</summary>
    public string? StripPrefix { get; init; }

    /// <summary>What is put in front of the name that is left: <c>prod</c> makes <c>prod/app</c> of <c>app</c>. Null: nothing.</summary>
    public string? AddPrefix { get; init; }

    /// <summary>Who is asked, in this order; never empty. Of the shapes, patterns for registries whose name the request gives.</summary>
    public required IReadOnlyList<RegistryOptions> Registries { get; init; }

    /// <summary>Whether the order is that of the list or of the answers' speed.</summary>
    public RegistryOrder Order { get; init; }

    /// <summary>Whether the primary is asked first about tags: replicas learn of a push later.</summary>
    public bool PrefersPrimaryForTags { get; init; }

    /// <summary>The <see cref="RegistryOptions.Name"/> of the primary, which pushes go to. Null: the first registry.</summary>
    public string? Primary { get; init; }

    /// <summary>Whether clients may push and delete. Default false.</summary>
    public bool Push { get; init; }

    /// <summary>How a repository is made that a push finds missing; null: it is not made.</summary>
    public RepositoryCreation? CreateRepositories { get; init; }

    /// <summary>Clients of these networks fetch layers from the layer store themselves: they are answered with its address.</summary>
    public IReadOnlyList<IPNetwork> RedirectClients { get; init; } = [];

    /// <summary>Whether they are sent there for layers in the cache too. Default false: what is at hand is sent.</summary>
    public bool RedirectCached { get; init; }

    /// <summary>Whether <c>/v2/_catalog</c> is passed on. Default false: it shows every repository's name.</summary>
    public bool Catalog { get; init; }
}

/// <summary>Where the names of a rule's registries come from.</summary>
internal enum RuleShape
{
    /// <summary>From the configuration.</summary>
    Listed,

    /// <summary>
    /// The account from the repository's first component: <c>123456789012/team/app</c> is <c>team/app</c> in the registry of
    /// that account, in the Region of each registry of the list.
    /// </summary>
    ByAccount,

    /// <summary>From containerd's <c>ns</c>: the registry that the image is named after.</summary>
    ByNamespace,
}

/// <summary>In which order a rule's registries are asked.</summary>
internal enum RegistryOrder
{
    /// <summary>As they are listed: nearest first is the operator's knowledge.</summary>
    Configured,

    /// <summary>Who answers soonest, as measured; a small difference changes nothing.</summary>
    Latency,
}

/// <summary>Which requests a rule takes. What is null or empty matters to nobody; of several rules the most specific one wins.</summary>
internal sealed record RuleMatch
{
    /// <summary>The host that the client asked for, without port, in lower case.</summary>
    public string? Host { get; init; }

    /// <summary>
    /// The registries (containerd's <c>ns</c>: host, with port where it is not the scheme's own) that it stands in for. One
    /// <c>*</c> stands for one or more characters of a host's name. Empty: requests without <c>ns</c>, and all of them where
    /// no rule of the table names any.
    /// </summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>
    /// Repositories that are or begin with these whole components: <c>team</c> takes <c>team/app</c>, not
    /// <c>teams/app</c>. Of <see cref="RuleShape.ByAccount"/>: of the name that is left after the account.
    /// </summary>
    public string? Prefix { get; init; }

    /// <summary>Of <see cref="RuleShape.ByAccount"/>: whose registries may be asked. Empty: every account's.</summary>
    public IReadOnlyList<string> Accounts { get; init; } = [];
}

/// <summary>
/// One registry of a rule; of the shapes, a pattern that <see cref="RequestedRegistries"/> fills in. By account, its host is
/// that of <see cref="EcrHost.AnyAccount"/>; by <c>ns</c>, it has none, and <see cref="RegistryAuthKind.Ecr"/> stands for
/// whatever the registry takes that is named.
/// </summary>
/// <param name="Name">Its name in log, metrics and <c>check</c>, unique within the rule: <c>eu-central-1</c>.</param>
/// <param name="Upstream">Its address, how it is reached, and how long it may take.</param>
/// <param name="Ecr">Where its tokens come from; unused where <see cref="UpstreamOptions.UsesEcrToken"/> is false.</param>
internal sealed record RegistryOptions(string Name, UpstreamOptions Upstream, EcrOptions Ecr);
