using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.LocalEcr;

/// <summary>The repositories of one registry with their manifests, tags and blobs. Can be changed while requests run.</summary>
public sealed class Content
{
    private readonly string _accountId;
    private readonly TimeProvider _clock;
    private readonly ConcurrentDictionary<string, RepositoryContent> _repositories = new();
    private readonly ConcurrentDictionary<string, LayerContent> _byObjectPath = new();

    internal Content(string accountId, TimeProvider clock) => (_accountId, _clock) = (accountId, clock);

    /// <summary>Raised when something has been pushed or put, but not when it has come by replication: that goes one hop only.</summary>
    internal event Action<ContentChange>? Changed;

    /// <summary>Names of all repositories, in ordinal order.</summary>
    public IReadOnlyList<string> Repositories => [.. _repositories.Keys.Order(StringComparer.Ordinal)];

    /// <summary>Creates a repository; the one that is there already stays as it is, with its settings.</summary>
    /// <returns>Whether it is new.</returns>
    public bool CreateRepository(string repository, RepositorySettings? settings = null) =>
        _repositories.TryAdd(repository, new RepositoryContent(settings ?? new RepositorySettings(), _clock.GetUtcNow()));

    /// <summary>What a repository was created with; null when there is none of this name.</summary>
    public RepositorySettings? SettingsOf(string repository) => Find(repository)?.Settings;

    public bool DeleteRepository(string repository) => _repositories.TryRemove(repository, out _);

    /// <summary>Puts a blob into a repository, which is created when missing.</summary>
    /// <returns>The digest.</returns>
    public string PutBlob(string repository, LayerContent blob)
    {
        Receive(repository, blob);
        Changed?.Invoke(new(ContentKind.Blob, repository, blob.Digest));
        return blob.Digest;
    }

    /// <inheritdoc cref="PutBlob(string, LayerContent)"/>
    public string PutBlob(string repository, ReadOnlyMemory<byte> bytes) => PutBlob(repository, LayerContent.FromBytes(bytes));

    public bool HasBlob(string repository, string digest) => Find(repository)?.Blob(digest) is not null;

    public bool DeleteBlob(string repository, string digest) => Find(repository)?.DeleteBlob(digest) ?? false;

    /// <summary>Puts a manifest, byte for byte, into a repository, which is created when missing.</summary>
    /// <returns>The digest.</returns>
    public string PutManifest(string repository, ReadOnlyMemory<byte> bytes, string mediaType, params string[] tags)
    {
        var manifest = StoredManifest.From(bytes, mediaType);
        Get(repository).Put(manifest, tags);
        Tell(repository, manifest, tags);
        return manifest.Digest;
    }

    /// <summary>Moves a tag to a manifest that is there.</summary>
    /// <exception cref="KeyNotFoundException">There is no such manifest in the repository.</exception>
    public void Tag(string repository, string tag, string digest)
    {
        Get(repository).Tag(tag, digest);
        Changed?.Invoke(new(ContentKind.Tag, repository, digest, tag));
    }

    public bool Untag(string repository, string tag) => Find(repository)?.Untag(tag) ?? false;

    /// <summary>The digest of a tag, or the digest itself; null when the repository has no such manifest.</summary>
    public string? DigestOf(string repository, string reference) => Find(repository) is not { } found ? null
        : (reference.Contains(':', StringComparison.Ordinal) ? found.ByDigest(reference) : found.ByTag(reference))?.Digest;

    /// <summary>Deletes a manifest and its tags.</summary>
    public bool DeleteManifest(string repository, string digest) => Find(repository)?.DeleteManifest(digest) ?? false;

    /// <summary>The path of a blob at the layers origin: opaque, and not made of the digest, as at ECR.</summary>
    public string ObjectPath(string digest)
    {
        var hash = SHA256.HashData(Encoding.ASCII.GetBytes($"{_accountId}/{digest}"));
        var registry = SHA256.HashData(Encoding.ASCII.GetBytes(_accountId));
        return $"/{hash[^1]:x2}{hash[^2]:x2}-{_accountId}-{new Guid(registry.AsSpan(0, 16))}/{new Guid(hash.AsSpan(0, 16))}";
    }

    /// <summary>Puts a manifest as a push does: a tag that exists stays where it is when the repository's settings say so.</summary>
    /// <returns>Whether it was put.</returns>
    internal bool TryPutManifest(string repository, StoredManifest manifest, string? tag)
    {
        if (tag is null)
        {
            Get(repository).Put(manifest);
            Tell(repository, manifest);
            return true;
        }

        var put = Get(repository).TryPut(manifest, tag);
        if (put)
        {
            Tell(repository, manifest, tag);
        }

        return put;
    }

    /// <summary>Takes a blob that comes by replication.</summary>
    internal void Receive(string repository, LayerContent blob)
    {
        _byObjectPath[ObjectPath(blob.Digest)] = blob;
        Get(repository).Put(blob);
    }

    /// <summary>Takes a manifest that comes by replication, without its tag when that may not be moved here.</summary>
    internal void Receive(string repository, StoredManifest manifest, string? tag)
    {
        if (tag is null || !Get(repository).TryPut(manifest, tag))
        {
            Get(repository).Put(manifest);
        }
    }

    /// <inheritdoc cref="RepositoryContent.Remove"/>
    internal RepositoryContent.Removal Remove(string repository, string reference, bool isDigest) =>
        Find(repository)?.Remove(reference, isDigest) ?? RepositoryContent.Removal.NotFound;

    internal RepositoryContent? Find(string repository) => _repositories.GetValueOrDefault(repository);

    internal LayerContent? FindObject(string path) => _byObjectPath.GetValueOrDefault(path);

    private void Tell(string repository, StoredManifest manifest, params ReadOnlySpan<string> tags)
    {
        Changed?.Invoke(new(ContentKind.Manifest, repository, manifest.Digest));
        foreach (var tag in tags)
        {
            Changed?.Invoke(new(ContentKind.Tag, repository, manifest.Digest, tag));
        }
    }

    private RepositoryContent Get(string repository)
    {
        CreateRepository(repository);
        return _repositories[repository];
    }
}
