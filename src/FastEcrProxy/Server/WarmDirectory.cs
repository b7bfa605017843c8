using System.Buffers;
using System.Diagnostics.Metrics;
using FastEcrProxy.Cache;
using FastEcrProxy.Http;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Server;

/// <summary>Fills a cache directory that no proxy uses now, by all that a proxy has but its ports.</summary>
internal sealed class WarmDirectory : IWarmTarget
{
    private const int BufferBytes = 1 << 20;

    private static readonly AcceptHeader Accepted = new(MediaTypes.Manifests.ToArray());

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly PullPath _pulls;
    private readonly string? _ns;

    private WarmDirectory(ProxySettings settings, string? ns, TimeProvider time)
    {
        _ns = ns;
        var metrics = new ProxyMetrics(_services.GetRequiredService<IMeterFactory>());
        _pulls = new PullPath(settings, new Disk(time), time, metrics, NullLoggerFactory.Instance);
        _pulls.Start();
    }

    /// <param name="settings">Which directory, and where images come from.</param>
    /// <param name="ns">What containerd would say in <c>ns</c>; null: nothing.</param>
    /// <param name="time">The clock of all of it.</param>
    /// <returns>The directory, or one sentence on why it cannot be used.</returns>
    public static (WarmDirectory? Directory, string? Problem) Open(ProxySettings settings, string? ns, TimeProvider time)
    {
        var what = $"Cache.Directory = \"{settings.Cache.Directory}\"";
        try
        {
            return (new WarmDirectory(settings, ns, time), null);
        }
        catch (DirectoryInUseException)
        {
            return (null, $"{what}: a running fast-ecr-proxy uses it; warm it through that one: leave --cache-dir out, or give --proxy.");
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return (null, $"{what}: {failure.Message}");
        }
    }

    public async ValueTask<Fetched<StoredManifest>> GetManifestAsync(ImageName image, Reference reference, CancellationToken cancel)
    {
        var (to, error) = _pulls.Upstreams.Find(image.HostName, _ns, image.Repository);
        if (error is not null)
        {
            return new FetchFailure(FetchError.NotFound, error.Message);
        }

        if (reference.IsDigest && _pulls.Digests.Known(to.Key, reference.Digest) is { } known)
        {
            return known;
        }

        var question = new ManifestQuestion(to, reference, Accepted, HeadOnly: false);
        var (answer, failure) = reference.IsDigest
            ? await _pulls.Digests.AskAsync(question, cancel)
            : await _pulls.Tags.AskAsync(question, cancel);
        return answer switch
        {
            null => failure!,
            { Outcome: CacheOutcome.Stale } => new FetchFailure(
                FetchError.Unreachable, $"The registry cannot be asked which image {image} is now; the cache has an earlier answer."),
            _ => answer.Stored!,
        };
    }

    public ValueTask<bool> HasAsync(ImageName image, Descriptor blob, CancellationToken cancel)
    {
        using var lease = _pulls.Cache.Blobs.TryOpen(blob.Digest);
        return ValueTask.FromResult(lease is not null && lease.Length == (blob.Size ?? lease.Length));
    }

    public async ValueTask<Fetched<WarmedBlob>> FetchAsync(
        ImageName image, Descriptor blob, Action<long> arrived, CancellationToken cancel)
    {
        var store = _pulls.Cache.Blobs;
        using (var lease = store.TryOpen(blob.Digest))
        {
            if (lease is not null)
            {
                if (await IsRightAsync(blob.Digest, lease.File, cancel))
                {
                    arrived(lease.Length);
                    return WarmedLength.Problem(blob, lease.Length) ?? (Fetched<WarmedBlob>)new WarmedBlob(lease.Length, 0);
                }

                store.Remove(blob.Digest);
            }
        }

        var (to, _) = _pulls.Upstreams.Find(image.HostName, _ns, image.Repository);
        var (bytes, failure) = await store.JoinOrStartAsync(
            blob.Digest, firstOffset: 0, to.Registries.BlobsOf(to.There, blob.Digest).OpenAsync, cancel);
        if (bytes is null)
        {
            return failure!;
        }

        using (bytes)
        {
            return WarmedLength.Problem(blob, bytes.Length) ?? await FollowAsync(bytes, arrived, cancel);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _pulls.DisposeAsync();
        await _services.DisposeAsync();
    }

    /// <summary>Waits for the download's last byte, which nobody sees before the digest is right.</summary>
    private static async ValueTask<Fetched<WarmedBlob>> FollowAsync(IBlobBytes bytes, Action<long> arrived, CancellationToken cancel)
    {
        for (long offset = 0; await bytes.ReadableAsync(offset, cancel) is > 0 and var readable; offset += readable)
        {
            arrived(readable);
        }

        var kept = (bytes as FillReader)?.KeptBytes ?? bytes.Length; // somebody else's download may have been over by now
        return bytes.Failure ?? (Fetched<WarmedBlob>)new WarmedBlob(bytes.Length, bytes.Length - kept);
    }

    private static async ValueTask<bool> IsRightAsync(Digest digest, SafeFileHandle file, CancellationToken cancel)
    {
        using var hash = digest.NewHash();
        using var buffer = MemoryPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (long offset = 0; await RandomAccess.ReadAsync(file, buffer.Memory, offset, cancel) is > 0 and var read; offset += read)
            {
                hash.AppendData(buffer.Memory.Span[..read]);
            }
        }
        catch (IOException)
        {
            return false; // what cannot be read is as good as damaged
        }

        return digest.Matches(hash.GetHashAndReset());
    }
}
