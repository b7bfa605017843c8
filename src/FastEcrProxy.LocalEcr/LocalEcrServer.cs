namespace FastEcrProxy.LocalEcr;

/// <summary>
/// An in-process stand-in for Amazon ECR: registry, S3 redirects and control plane, of one or several accounts in one or
/// several Regions.
/// </summary>
public sealed class LocalEcrServer : IAsyncDisposable
{
    private readonly List<LocalRegion> _regions = [];
    private readonly Dictionary<string, RegionNeighbours> _neighbours = [];
    private readonly List<LocalRegistry> _registries = [];

    private LocalEcrServer(LocalEcrOptions options) => Options = options;

    public LocalEcrOptions Options { get; }

    /// <summary>Every account's registry in every Region, in the order of the options.</summary>
    public IReadOnlyList<LocalRegion> Regions => _regions;

    /// <summary>The registries that are no private ECR, in the order of the options.</summary>
    public IReadOnlyList<LocalRegistry> Registries => _registries;

    /// <summary>The first Region, for everyone who needs only one.</summary>
    public LocalRegion Main => _regions[0];

    /// <summary>A Region by its name: the first registry there.</summary>
    /// <exception cref="KeyNotFoundException">There is no such Region.</exception>
    public LocalRegion this[string region] =>
        _regions.Find(known => known.Name == region) ?? throw new KeyNotFoundException($"No Region '{region}' here.");

    /// <summary>An account's registry in a Region.</summary>
    /// <exception cref="KeyNotFoundException">There is none.</exception>
    public LocalRegion this[string region, string accountId] =>
        _regions.Find(known => known.Name == region && known.AccountId == accountId)
        ?? throw new KeyNotFoundException($"No registry of {accountId} in '{region}' here.");

    /// <summary>Opens all ports. When one cannot be opened, those already open are closed again.</summary>
    public static async Task<LocalEcrServer> StartAsync(LocalEcrOptions? options = null, CancellationToken cancel = default)
    {
        var server = new LocalEcrServer(options ?? new LocalEcrOptions());
        try
        {
            foreach (var region in server.Options.Regions)
            {
                var local = server.Add(region);
                await local.OpenAsync(cancel);
            }

            foreach (var registry in server.Options.Registries)
            {
                var local = server.Add(registry);
                await local.OpenAsync(cancel);
            }

            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Drops all connections to a whole Region, of every account, and refuses new ones; its ports stay reserved.</summary>
    public Task GoDarkAsync(string region) => Task.WhenAll(In(region).Select(registry => registry.Faults.GoDarkAsync()));

    /// <summary>Ends <see cref="GoDarkAsync"/>, on the same ports.</summary>
    public Task ComeBackAsync(string region, CancellationToken cancel = default) =>
        Task.WhenAll(In(region).Select(registry => registry.Faults.ComeBackAsync(cancel)));

    /// <summary><see cref="Faults.Freeze()"/> for a whole Region: it accepts connections and never answers, until released.</summary>
    public Fault Freeze(string region)
    {
        var freeze = this[region].Faults.Freeze();
        foreach (var registry in In(region))
        {
            registry.Faults.Freeze(freeze);
        }

        return freeze;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var region in _regions)
        {
            await region.CloseAsync();
        }

        foreach (var registry in _registries)
        {
            await registry.CloseAsync();
        }
    }

    private LocalRegion Add(LocalRegionOptions options)
    {
        if (!_neighbours.TryGetValue(options.Name, out var neighbours))
        {
            _neighbours[options.Name] = neighbours = new RegionNeighbours(Options);
        }

        var local = new LocalRegion(options, Options, neighbours);
        neighbours.Add(local);
        _regions.Add(local);
        return local;
    }

    private LocalRegistry Add(LocalRegistryOptions options)
    {
        var shared = options.ContentOf is { } region ? this[region].Content : null;
        var local = new LocalRegistry(options, Options, shared);
        _registries.Add(local);
        foreach (var neighbours in _neighbours.Values)
        {
            neighbours.EcrPublic ??= options.IsEcrPublic ? local : null;
        }

        return local;
    }

    private IReadOnlyList<LocalRegion> In(string region) =>
        _neighbours.TryGetValue(region, out var neighbours)
            ? neighbours.Registries
            : throw new KeyNotFoundException($"No Region '{region}' here.");
}
