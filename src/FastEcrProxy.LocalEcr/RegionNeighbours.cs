namespace FastEcrProxy.LocalEcr;

/// <summary>
/// What the registries of one Region share, whosoever they are: a registry token is good in all of them and in no other
/// Region, and the AWS API of the Region answers for all of them.
/// </summary>
internal sealed class RegionNeighbours(LocalEcrOptions options)
{
    private readonly List<LocalRegion> _registries = [];

    public TokenIssuer Tokens { get; } = new(options);

    /// <summary>The registry whose tokens the API of ECR Public hands out, when one is played here.</summary>
    public LocalRegistry? EcrPublic { get; set; }

    public IReadOnlyList<LocalRegion> Registries => _registries;

    public void Add(LocalRegion registry) => _registries.Add(registry);

    public LocalRegion? OfAccount(string id) => _registries.Find(registry => registry.AccountId == id);

    public LocalAccount? AccountOfKey(string accessKeyId) =>
        _registries.Select(registry => registry.Account.ByKey(accessKeyId)).FirstOrDefault(account => account is not null);
}
