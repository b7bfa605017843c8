namespace FastEcrProxy.LocalEcr;

/// <summary>An in-process stand-in for Amazon ECR: registry, S3 redirects and control plane in one or several Regions.</summary>
public sealed class LocalEcrServer : IAsyncDisposable
{
    private readonly List<LocalRegion> _regions = [];

    private LocalEcrServer(LocalEcrOptions options) => Options = options;

    public LocalEcrOptions Options { get; }

    public IReadOnlyList<LocalRegion> Regions => _regions;

    /// <summary>The first Region, for everyone who needs only one.</summary>
    public LocalRegion Main => _regions[0];

    /// <summary>A Region by its name.</summary>
    /// <exception cref="KeyNotFoundException">There is no such Region.</exception>
    public LocalRegion this[string region] =>
        _regions.Find(known => known.Name == region) ?? throw new KeyNotFoundException($"No Region '{region}' here.");

    /// <summary>Opens all ports. When one cannot be opened, those already open are closed again.</summary>
    public static async Task<LocalEcrServer> StartAsync(LocalEcrOptions? options = null, CancellationToken cancel = default)
    {
        var server = new LocalEcrServer(options ?? new LocalEcrOptions());
        try
        {
            foreach (var region in server.Options.Regions)
            {
                var local = new LocalRegion(region, server.Options);
                server._regions.Add(local);
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

    public async ValueTask DisposeAsync()
    {
        foreach (var region in _regions)
        {
            await region.CloseAsync();
        }
    }
}
