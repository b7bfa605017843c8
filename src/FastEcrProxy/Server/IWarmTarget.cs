using FastEcrProxy.Oci;

namespace FastEcrProxy.Server;

/// <summary>A cache that is being filled: that of a running proxy, or a directory that no proxy uses now.</summary>
internal interface IWarmTarget : IAsyncDisposable
{
    /// <summary>A manifest, which is in the cache afterwards. A tag's is the one that the registry names now.</summary>
    ValueTask<Fetched<StoredManifest>> GetManifestAsync(ImageName image, Reference reference, CancellationToken cancel);

    /// <summary>Whether the cache has a blob: stored, verified when it was, and as long as the manifest says.</summary>
    ValueTask<bool> HasAsync(ImageName image, Descriptor blob, CancellationToken cancel);

    /// <summary>Brings a blob into the cache and verifies it; one that is there is read and verified once more.</summary>
    /// <param name="image">Whose blob it is.</param>
    /// <param name="blob">Which one.</param>
    /// <param name="arrived">Told of bytes as they come.</param>
    /// <param name="cancel">Ends the wait; what has come is kept.</param>
    ValueTask<Fetched<WarmedBlob>> FetchAsync(ImageName image, Descriptor blob, Action<long> arrived, CancellationToken cancel);
}

/// <summary>A blob that is in the cache now.</summary>
/// <param name="Length">In bytes.</param>
/// <param name="FetchedBytes">How many of them were not there before.</param>
internal sealed record WarmedBlob(long Length, long FetchedBytes);
