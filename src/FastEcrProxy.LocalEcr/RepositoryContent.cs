namespace FastEcrProxy.LocalEcr;

/// <summary>What is in one repository.</summary>
internal sealed class RepositoryContent(RepositorySettings settings, DateTimeOffset createdAt)
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, StoredManifest> _manifests = [];
    private readonly Dictionary<string, StoredManifest> _converted = [];
    private readonly OrderedDictionary<string, string> _tags = [];
    private readonly Dictionary<string, LayerContent> _blobs = [];

    /// <summary>How a deletion that was asked for at the registry ended.</summary>
    public enum Removal
    {
        Done,
        NotFound,

        /// <summary>An index names it.</summary>
        StillReferenced,
    }

    public RepositorySettings Settings { get; } = settings;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    /// <summary>Tags with their digests in the order of their first use: not lexical, as at ECR.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Tags
    {
        get { lock (_gate) { return [.. _tags]; } }
    }

    public IReadOnlyList<StoredManifest> Manifests
    {
        get { lock (_gate) { return [.. _manifests.Values]; } }
    }

    public void Put(LayerContent blob)
    {
        lock (_gate)
        {
            _blobs[blob.Digest] = blob;
        }
    }

    public LayerContent? Blob(string digest)
    {
        lock (_gate)
        {
            return _blobs.GetValueOrDefault(digest);
        }
    }

    public bool DeleteBlob(string digest)
    {
        lock (_gate)
        {
            return _blobs.Remove(digest);
        }
    }

    /// <summary>What of a manifest's blobs, or of an index's manifests, is not here.</summary>
    public IReadOnlyList<string> Missing(StoredManifest manifest)
    {
        lock (_gate)
        {
            return
            [
                .. manifest.Blobs.Where(digest => !_blobs.ContainsKey(digest)),
                .. manifest.Children.Where(digest => !_manifests.ContainsKey(digest)),
            ];
        }
    }

    public void Put(StoredManifest manifest, params ReadOnlySpan<string> tags)
    {
        lock (_gate)
        {
            _manifests[manifest.Digest] = manifest;
            foreach (var tag in tags)
            {
                _tags[tag] = manifest.Digest;
            }
        }
    }

    /// <summary>Puts a manifest, tagged, unless the tag exists and may not be moved.</summary>
    /// <returns>Whether it was put.</returns>
    public bool TryPut(StoredManifest manifest, string tag)
    {
        lock (_gate)
        {
            if (_tags.ContainsKey(tag) && !Settings.MayMove(tag))
            {
                return false;
            }

            _manifests[manifest.Digest] = manifest;
            _tags[tag] = manifest.Digest;
            return true;
        }
    }

    /// <summary>Remembers a conversion handed out by tag: clients then ask for its digest.</summary>
    public void PutConverted(StoredManifest manifest)
    {
        lock (_gate)
        {
            _converted[manifest.Digest] = manifest;
        }
    }

    public StoredManifest? ByTag(string tag)
    {
        lock (_gate)
        {
            return _tags.TryGetValue(tag, out var digest) ? _manifests.GetValueOrDefault(digest) : null;
        }
    }

    public StoredManifest? ByDigest(string digest)
    {
        lock (_gate)
        {
            return _manifests.GetValueOrDefault(digest) ?? _converted.GetValueOrDefault(digest);
        }
    }

    public void Tag(string tag, string digest)
    {
        lock (_gate)
        {
            if (!_manifests.ContainsKey(digest))
            {
                throw new KeyNotFoundException($"No manifest {digest} here.");
            }

            _tags[tag] = digest;
        }
    }

    public bool Untag(string tag)
    {
        lock (_gate)
        {
            return _tags.Remove(tag);
        }
    }

    public bool DeleteManifest(string digest)
    {
        lock (_gate)
        {
            return Drop(digest);
        }
    }

    /// <summary>As BatchDeleteImage: a tag goes, and with its last tag the image; a digest goes with all its tags.</summary>
    public Removal Remove(string reference, bool isDigest)
    {
        lock (_gate)
        {
            var digest = isDigest ? reference : _tags.GetValueOrDefault(reference);
            if (digest is null || !_manifests.ContainsKey(digest))
            {
                return Removal.NotFound;
            }

            if (!isDigest && _tags.Values.Count(tagged => tagged == digest) > 1)
            {
                _tags.Remove(reference);
                return Removal.Done;
            }

            if (_manifests.Values.Any(index => index.Children.Contains(digest)))
            {
                return Removal.StillReferenced;
            }

            Drop(digest);
            return Removal.Done;
        }
    }

    private bool Drop(string digest)
    {
        foreach (var tag in _tags.Where(tag => tag.Value == digest).Select(tag => tag.Key).ToList())
        {
            _tags.Remove(tag);
        }

        return _manifests.Remove(digest);
    }
}
