using FastEcrProxy.Oci;

namespace FastEcrProxy.Server;

/// <summary>Follows an image from its name to its configs and layers: through an index, or one index after the other.</summary>
/// <param name="platforms">Which manifests of an index are wanted; empty: all of them.</param>
/// <param name="get">Gets a manifest, and has it in the cache afterwards.</param>
internal sealed class WarmManifests(
    IReadOnlyList<Platform> platforms, Func<Reference, CancellationToken, ValueTask<Fetched<StoredManifest>>> get)
{
    private const int DepthMax = 4; // an index of indexes is rare, and one more is nobody's image

    private readonly HashSet<Digest> _seen = [];
    private readonly Dictionary<Digest, Descriptor> _blobs = [];

    /// <summary>The blobs, each once. What could not be had is told to the image.</summary>
    public async Task<IReadOnlyList<Descriptor>> FindAsync(WarmedImage image, CancellationToken cancel)
    {
        await FollowAsync(image, image.Image.Reference, depth: 1, cancel);
        return [.. _blobs.Values];
    }

    private async Task FollowAsync(WarmedImage image, Reference reference, int depth, CancellationToken cancel)
    {
        var (manifest, failure) = await get(reference, cancel);
        if (manifest is null)
        {
            image.Fail(failure!.Reason);
            return;
        }

        var named = ManifestReader.Read(manifest.Bytes.Span);
        foreach (var blob in named.Where(static n => !n.IsManifest))
        {
            _blobs.TryAdd(blob.Digest, blob);
        }

        if (depth == DepthMax)
        {
            return;
        }

        foreach (var wanted in Wanted(image, [.. named.Where(static n => n.IsManifest)]).Where(wanted => _seen.Add(wanted.Digest)))
        {
            await FollowAsync(image, new Reference(wanted.Digest), depth + 1, cancel);
        }
    }

    private IEnumerable<Descriptor> Wanted(WarmedImage image, IReadOnlyList<Descriptor> manifests)
    {
        if (platforms.Count == 0 || manifests.Count == 0)
        {
            return manifests;
        }

        foreach (var platform in platforms.Where(platform => !manifests.Any(m => IsFor(platform, m))))
        {
            var there = manifests.Select(static m => $"{m.Platform}").Distinct();
            image.Fail($"there is none for {platform}; there is {string.Join(", ", there)}.");
        }

        return manifests.Where(m => platforms.Any(platform => IsFor(platform, m)));
    }

    /// <summary>Of what says nothing nobody knows that it is for another.</summary>
    private static bool IsFor(Platform platform, Descriptor manifest) => manifest.Platform is not { } said || platform.Takes(said);
}
