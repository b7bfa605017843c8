namespace FastEcrProxy.LocalEcr;

/// <summary>
/// ECR's replication from one registry to another, at the test's pace. As at ECR: only what is put from now on, and what it
/// refers to; one hop, never further; repositories are created there with the usual settings; deletions and settings are not
/// copied; a tag that exists in an immutable repository stays as it is, and the image arrives without it.
/// </summary>
public sealed class LocalReplication : IDisposable
{
    private readonly Lock _gate = new();
    private readonly List<ContentChange> _pending = [];
    private readonly string _prefix;
    private readonly Content _from;
    private readonly Content _to;
    private ReplicationMode _mode;

    internal LocalReplication(Content from, Content to, string prefix, ReplicationMode mode)
    {
        (_from, _to, _prefix, _mode) = (from, to, prefix, mode);
        _from.Changed += Note;
    }

    /// <summary>Set to <see cref="ReplicationMode.AtOnce"/>, it copies first what is pending.</summary>
    public ReplicationMode Mode
    {
        get { lock (_gate) { return _mode; } }

        set
        {
            lock (_gate)
            {
                _mode = value;
                if (value == ReplicationMode.AtOnce)
                {
                    ReleaseLocked(static _ => true);
                }
            }
        }
    }

    /// <summary>What was put and is not copied yet, in the order in which it will be: blobs before their manifest, tags last.</summary>
    public IReadOnlyList<ContentChange> Pending
    {
        get { lock (_gate) { return [.. _pending]; } }
    }

    /// <summary>Copies all that is pending.</summary>
    /// <returns>How much that was.</returns>
    public int Release() => Release(static _ => true);

    /// <summary>Copies some of what is pending, for a replica that has a part only. A tag brings its manifest with it.</summary>
    /// <inheritdoc cref="Release()"/>
    public int Release(Func<ContentChange, bool> which)
    {
        lock (_gate)
        {
            return ReleaseLocked(which);
        }
    }

    /// <summary>Ends it; what is pending is never copied.</summary>
    public void Dispose() => _from.Changed -= Note;

    private void Note(ContentChange change)
    {
        lock (_gate)
        {
            if (_mode == ReplicationMode.Stopped || !change.Repository.StartsWith(_prefix, StringComparison.Ordinal))
            {
                return;
            }

            _pending.AddRange(NeededFor(change));
            _pending.Add(change);
            if (_mode == ReplicationMode.AtOnce)
            {
                ReleaseLocked(static _ => true);
            }
        }
    }

    /// <summary>Blobs and manifests that a manifest refers to and that are neither there nor on their way.</summary>
    private List<ContentChange> NeededFor(ContentChange change)
    {
        if (change.Kind != ContentKind.Manifest
            || _from.Find(change.Repository)?.ByDigest(change.Digest) is not { } manifest)
        {
            return [];
        }

        var needed = new List<ContentChange>();
        foreach (var child in manifest.Children.Select(digest => change with { Digest = digest }))
        {
            needed.AddRange([.. NeededFor(child), child]);
        }

        needed.AddRange(manifest.Blobs.Select(digest => new ContentChange(ContentKind.Blob, change.Repository, digest)));
        return needed.FindAll(need => !_pending.Contains(need) && !IsThere(need));
    }

    private bool IsThere(ContentChange change) => _to.Find(change.Repository) is { } repository
        && (change.Kind == ContentKind.Blob
            ? repository.Blob(change.Digest) is not null
            : repository.ByDigest(change.Digest) is not null);

    private int ReleaseLocked(Func<ContentChange, bool> which)
    {
        var released = _pending.FindAll(change => which(change));
        _pending.RemoveAll(released.Contains);
        foreach (var change in released)
        {
            Copy(change);
        }

        return released.Count;
    }

    private void Copy(ContentChange change)
    {
        if (_from.Find(change.Repository) is not { } source)
        {
            return; // deleted in the meantime
        }

        if (change.Kind == ContentKind.Blob)
        {
            if (source.Blob(change.Digest) is { } blob)
            {
                _to.Receive(change.Repository, blob);
            }
        }
        else if (source.ByDigest(change.Digest) is { } manifest)
        {
            _to.Receive(change.Repository, manifest, change.Tag);
        }
    }
}
