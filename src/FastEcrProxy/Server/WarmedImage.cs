namespace FastEcrProxy.Server;

/// <summary>One image on its way into the cache, for who shows it. Counted by many threads at once.</summary>
internal sealed class WarmedImage(ImageName image)
{
    private readonly Lock _gate = new();
    private long _doneBytes;
    private long _fetchedBytes;
    private string? _reason;
    private int _troubles;

    /// <summary>As the person wrote it.</summary>
    public string Name => image.Text;

    public ImageName Image => image;

    /// <summary>Of all its blobs, as its manifests say; zero until they are known.</summary>
    public long TotalBytes { get; private set; }

    /// <summary>How many configs and layers it has.</summary>
    public int Blobs { get; private set; }

    /// <summary>How much of that is in the cache.</summary>
    public long DoneBytes => Volatile.Read(ref _doneBytes);

    /// <summary>How much of that was not there before.</summary>
    public long FetchedBytes => Volatile.Read(ref _fetchedBytes);

    /// <summary>Whether its manifests are known and its blobs are on their way or done.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether nothing more will be done about it.</summary>
    public bool IsOver { get; private set; }

    /// <summary>Why it is not whole in the cache, in a sentence; null while all is well.</summary>
    public string? Failure
    {
        get
        {
            lock (_gate)
            {
                return _troubles switch
                {
                    0 => null,
                    1 => $"{Name}: {_reason}",
                    _ => $"{Name}: {_reason} ({_troubles - 1} more of its parts failed.)",
                };
            }
        }
    }

    public void Begin(int blobs, long totalBytes) => (HasBegun, Blobs, TotalBytes) = (true, blobs, totalBytes);

    /// <summary>Bytes came; less than none where they turned out to be no good.</summary>
    public void Arrived(long bytes) => Interlocked.Add(ref _doneBytes, bytes);

    /// <summary>A blob is in the cache.</summary>
    public void Fetched(long bytes) => Interlocked.Add(ref _fetchedBytes, bytes);

    /// <summary>Something of it could not be had. The first sentence is told, and how many there are.</summary>
    public void Fail(string reason)
    {
        lock (_gate)
        {
            _reason ??= reason;
            _troubles++;
        }
    }

    public void End() => IsOver = true;
}
