namespace FastEcrProxy.LocalEcr;

/// <summary>What every registry here is: ports, the content they serve, what they were asked and how they misbehave.</summary>
public abstract class LocalService
{
    private readonly Dictionary<OriginName, LoopbackOrigin> _origins = [];

    private protected LocalService(string name, RegistryManners manners, LocalEcrOptions options, Content content)
    {
        (Name, Manners, Options, Content) = (name, manners, options, content);
        Counters = new Counters();
        Uploads = new Uploads(options.UploadKeptBytesMax);
        Faults = new Faults(this);
    }

    public string Name { get; }

    /// <summary>Where <c>/v2/</c> is.</summary>
    public Uri Registry => _origins[OriginName.Registry].Address;

    public Content Content { get; }

    public Counters Counters { get; }

    public Faults Faults { get; }

    /// <summary>
    /// Whether a push may mount a blob of another repository; as ECR's account setting BLOB_MOUNTING, off until it is put.
    /// </summary>
    public bool BlobMounting { get; set; }

    /// <summary>What the texts of errors call the registry; at ECR the account.</summary>
    internal abstract string RegistryId { get; }

    internal LocalEcrOptions Options { get; }

    internal RegistryManners Manners { get; }

    internal Uploads Uploads { get; }

    /// <summary>Who may come in.</summary>
    internal abstract IRegistryDoor Door { get; }

    /// <summary>How blob requests are redirected; null: the registry sends blobs itself.</summary>
    internal abstract LayerUrls? LayerUrls { get; }

    /// <summary>Where they are redirected to.</summary>
    internal virtual Uri RedirectTarget => _origins[OriginName.Layers].Address;

    internal IEnumerable<OriginName> Origins => _origins.Keys;

    /// <summary>What a caller is told who may not do this.</summary>
    /// <param name="action">Without <c>ecr:</c>.</param>
    /// <param name="repository">Where; empty for no particular one.</param>
    /// <param name="accountId">The caller's; null: this registry's.</param>
    /// <param name="who">The caller's role; null for any.</param>
    internal abstract string Denial(string action, string repository, string? accountId = null, string? who = null);

    /// <summary>All tokens handed out so far are expired.</summary>
    internal abstract void ExpireTokens();

    internal LoopbackOrigin? Origin(OriginName name) => _origins.GetValueOrDefault(name);

    internal async Task OpenAsync(CancellationToken cancel)
    {
        foreach (var origin in _origins.Values)
        {
            await origin.OpenAsync(cancel);
        }
    }

    internal async Task CloseAsync()
    {
        Faults.Clear();
        foreach (var origin in _origins.Values)
        {
            await origin.DisposeAsync();
        }

        Uploads.Dispose();
    }

    private protected void Add(OriginName name, LoopbackOrigin origin) => _origins[name] = origin;
}
