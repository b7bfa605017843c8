using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>
/// Every setting of a rule, once, by its key within the rule. What <see cref="SettingTable"/> is to the settings that are there
/// once, this and <see cref="RegistryFields"/> are to those that every item of <c>Upstreams</c> has.
/// </summary>
internal static class RuleFields
{
    public static readonly Setting<string> Name = new("Name", RuleFormats.Name)
    {
        Otherwise = "no name, which only the one rule of a table may go without",
        Meaning = "The rule's name in log, metrics and check; what is cached under the rule belongs to it.",
    };

    public static readonly Setting<string> MatchHost = new("Match.Host", RuleFormats.RequestHost)
    {
        Otherwise = "every host",
        Meaning = "The host that clients ask for, without port.",
    };

    public static readonly Setting<IReadOnlyList<string>> MatchNamespaces = new("Match.Namespaces", RuleFormats.Texts)
    {
        Otherwise = "requests without ns, and all of them where no rule lists any",
        Meaning = "The registries (containerd's ns) that the rule stands in for; one * in each stands for part of a host's name.",
    };

    public static readonly Setting<string> MatchPrefix = new("Match.Prefix", RuleFormats.Prefix)
    {
        Otherwise = "every repository",
        Meaning = "Repositories that are or begin with these components; with ByAccount: after the account.",
    };

    public static readonly Setting<IReadOnlyList<string>> MatchAccounts = new("Match.Accounts", RuleFormats.Texts)
    {
        Otherwise = "every account",
        Meaning = "With ByAccount: whose registries may be asked.",
    };

    public static readonly Setting<RuleShape> Shape = new("Shape", SettingFormats.Choice(
        ("Listed", RuleShape.Listed), ("ByAccount", RuleShape.ByAccount), ("ByNamespace", RuleShape.ByNamespace)))
    {
        Default = "Listed",
        Meaning = "Where the registries' names come from: the list, the account that the repository's name begins with, or ns.",
    };

    public static readonly Setting<string> StripPrefix = new("StripPrefix", RuleFormats.Prefix)
    {
        Otherwise = "nothing is cut",
        Meaning = "What is cut from the front of a repository's name for the registries; Match.Prefix has to begin with it.",
    };

    public static readonly Setting<string> AddPrefix = new("AddPrefix", RuleFormats.Prefix)
    {
        Otherwise = "nothing is added",
        Meaning = "What is put in front of the repository's name for the registries, after StripPrefix is cut.",
    };

    public static readonly Setting<RegistryOrder> Order = new("Order", SettingFormats.Choice(
        ("Configured", RegistryOrder.Configured), ("Latency", RegistryOrder.Latency)))
    {
        Default = "Configured",
        Meaning = "Whether the registries are asked in the order of the list or the fastest first, as measured.",
    };

    public static readonly Setting<bool> Tags = new("Tags", SettingFormats.Choice(("InOrder", false), ("PreferPrimary", true)))
    {
        Default = "InOrder",
        Meaning = "Whether the primary is asked first about tags: replicas learn of a push later.",
    };

    public static readonly Setting<string> Primary = new("Primary", RuleFormats.Text)
    {
        Otherwise = "the first",
        Meaning = "The name of the registry that pushes go to.",
    };

    public static readonly Setting<bool> Push = new("Push", SettingFormats.Bool)
    {
        Default = "false",
        Meaning = "Whether clients may push and delete.",
    };

    public static readonly Setting<bool> CreateRepositories = new("CreateRepositories", SettingFormats.Bool)
    {
        Default = "false", EmptyObject = "true",
        Meaning = "Whether repositories that a push finds missing are made; true, or an object that says how.",
    };

    public static readonly Setting<string> TagMutability = new("CreateRepositories.TagMutability", SettingFormats.Choice(
        ("MUTABLE", "MUTABLE"),
        ("IMMUTABLE", "IMMUTABLE"),
        ("MUTABLE_WITH_EXCLUSION", "MUTABLE_WITH_EXCLUSION"),
        ("IMMUTABLE_WITH_EXCLUSION", "IMMUTABLE_WITH_EXCLUSION")))
    {
        Otherwise = "the registry's own",
        Meaning = "Whether a tag of such a repository can be moved to another image.",
    };

    public static readonly Setting<IReadOnlyList<string>> MutabilityExclusions =
        new("CreateRepositories.MutabilityExclusions", RuleFormats.Texts)
        {
            Otherwise = "none",
            Meaning = "Tags, with *, that TagMutability does not hold for; at most five.",
        };

    public static readonly Setting<bool> ScanOnPush = new("CreateRepositories.ScanOnPush", SettingFormats.Bool)
    {
        Otherwise = "the registry's own",
        Meaning = "Whether images are scanned when they are pushed.",
    };

    public static readonly Setting<string> Encryption = new(
        "CreateRepositories.Encryption", SettingFormats.Choice(("AES256", "AES256"), ("KMS", "KMS"), ("KMS_DSSE", "KMS_DSSE")))
    {
        Otherwise = "the registry's own",
        Meaning = "How images are encrypted; it cannot be changed later.",
    };

    public static readonly Setting<string> KmsKey = new("CreateRepositories.KmsKey", RuleFormats.Text)
    {
        Otherwise = "AWS's own key",
        Meaning = "The key for KMS and KMS_DSSE, of the primary's Region.",
    };

    public static readonly Setting<IReadOnlyList<string>> RedirectClients = new("RedirectClients", RuleFormats.Texts)
    {
        Otherwise = "none",
        Meaning = "Networks, as 10.0.0.0/8, whose clients are sent to the layer store instead of being sent the layer.",
    };

    public static readonly Setting<bool> RedirectCached = new("RedirectCached", SettingFormats.Bool)
    {
        Default = "false",
        Meaning = "Whether they are sent there for layers in the cache too.",
    };

    public static readonly Setting<bool> Catalog = new("Catalog", SettingFormats.Bool)
    {
        Otherwise = "as Upstream.Catalog says",
        Meaning = "Whether /v2/_catalog is answered. It shows the name of every repository to every client.",
    };

    /// <summary>All of them, in the order in which people read them; the registries come after <see cref="AddPrefix"/>.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Name, MatchHost, MatchNamespaces, MatchPrefix, MatchAccounts, Shape, StripPrefix, AddPrefix,
        Order, Tags, Primary, Push,
        CreateRepositories, TagMutability, MutabilityExclusions, ScanOnPush, Encryption, KmsKey,
        RedirectClients, RedirectCached, Catalog,
    ];

    /// <summary>One tag of <c>CreateRepositories.Tags</c>, whose names are the operator's.</summary>
    public static Setting<string> RepositoryTag(string name) => new($"{RuleKeys.RepositoryTags}.{name}", RuleFormats.Text)
    {
        Otherwise = "no such tag",
        Meaning = "A tag of the repositories that are made.",
    };
}
