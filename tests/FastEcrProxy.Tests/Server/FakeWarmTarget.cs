using System.Collections.Concurrent;
using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

/// <summary>A cache in memory, what it can be filled with, and how that fails.</summary>
internal sealed class FakeWarmTarget : IWarmTarget
{
    private readonly ConcurrentDictionary<string, StoredManifest> _manifests = new();
    private readonly Lock _gate = new();
    private int _running;
    private int _most;

    /// <summary>What it has.</summary>
    public ConcurrentDictionary<Digest, long> Cached { get; } = new();

    /// <summary>Blobs that were fetched, in order.</summary>
    public ConcurrentQueue<Digest> Fetched { get; } = new();

    /// <summary>Failures that are met first, one after the other, by whoever fetches a blob.</summary>
    public ConcurrentQueue<FetchFailure> Failures { get; } = new();

    /// <summary>Whether they are met in the middle of the blob.</summary>
    public bool FailsInTheMiddle { get; set; }

    /// <summary>Blobs that vanish when they have come.</summary>
    public HashSet<Digest> Lost { get; } = [];

    /// <summary>Awaited in the middle of each blob.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>How many blobs have been on their way at the same time at most.</summary>
    public int MostAtATime
    {
        get
        {
            lock (_gate)
            {
                return _most;
            }
        }
    }

    public Digest PutManifest(string repository, string tag, string json)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var manifest = new StoredManifest(Digest.Of(bytes), "application/json", bytes);
        _manifests[$"{repository}:{tag}"] = manifest;
        _manifests[$"{repository}:{manifest.Digest}"] = manifest;
        return manifest.Digest;
    }

    public Digest DigestOf(string repository, string tag) => _manifests[$"{repository}:{tag}"].Digest;

    public ValueTask<Fetched<StoredManifest>> GetManifestAsync(ImageName image, Reference reference, CancellationToken cancel) =>
        ValueTask.FromResult(_manifests.TryGetValue($"{image.Repository}:{reference}", out var manifest)
            ? (Fetched<StoredManifest>)manifest
            : new FetchFailure(FetchError.NotFound, $"There is no {image.Repository}:{reference}."));

    public ValueTask<bool> HasAsync(ImageName image, Descriptor blob, CancellationToken cancel) =>
        ValueTask.FromResult(Cached.ContainsKey(blob.Digest) && !Lost.Contains(blob.Digest));

    public async ValueTask<Fetched<WarmedBlob>> FetchAsync(
        ImageName image, Descriptor blob, Action<long> arrived, CancellationToken cancel)
    {
        Fetched.Enqueue(blob.Digest);
        if (!FailsInTheMiddle && Failures.TryDequeue(out var refused))
        {
            return refused;
        }

        Run(1);
        arrived(blob.Size!.Value / 2);
        await Gate.WaitAsync(cancel);
        Run(-1);
        if (Failures.TryDequeue(out var failure))
        {
            return failure;
        }

        arrived(blob.Size.Value - (blob.Size.Value / 2));
        Cached[blob.Digest] = blob.Size.Value;
        return new WarmedBlob(blob.Size.Value, blob.Size.Value);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private void Run(int more)
    {
        lock (_gate)
        {
            _running += more;
            _most = Math.Max(_most, _running);
        }
    }
}
