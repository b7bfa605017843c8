namespace FastEcrProxy.LocalEcr;

/// <summary>What is in one repository.</summary>
internal sealed class RepositoryContent
{
    private readonly Lock _gate = new();
    private readonly OrderedDictionary<string, StoredManifest> _manifests = [];
    private readonly Dictionary<string, StoredManifest> _converted = [];
    private readonly OrderedDictionary<string, string> _tags = [];
    private readonly Dictionary<string, LayerContent> _blobs = [];

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

    public void Put(StoredManifest manifest, ReadOnlySpan<string> tags)
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
            foreach (var tag in _tags.Where(tag => tag.Value == digest).Select(tag => tag.Key).ToList())
            {
                _tags.Remove(tag);
            }

            return _manifests.Remove(digest);
        }
    }
}
