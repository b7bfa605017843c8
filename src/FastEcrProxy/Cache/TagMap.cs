using System.Collections.Concurrent;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Cache;

/// <summary>
/// Which manifest a tag last named, for each set of media types that was asked for, since ECR converts by <c>Accept</c>.
/// </summary>
/// <remarks>Memory over one small file per answer (<see cref="TagFile"/>). A failing disk costs only offline answers
/// after a restart.</remarks>
internal sealed partial class TagMap(CacheDirectory directory, TimeSpan keptFor, TimeProvider time, ILogger<TagMap> logger)
{
    // Docker, containerd, podman, crane and their versions: a handful. More are a client that makes them up.
    private const int VariantsMax = 16;
    private const int AcceptLengthMax = 2048; // the longest of a real client is some 600 characters

    // A tag that is asked for a thousand times a second is written once a minute: an outage is measured to the minute.
    private static readonly TimeSpan WrittenEvery = TimeSpan.FromMinutes(1);

    // What old files there are behind a link is nobody's business.
    private static readonly EnumerationOptions WithoutLinks = new()
    {
        AttributesToSkip = FileAttributes.ReparsePoint, RecurseSubdirectories = true, IgnoreInaccessible = true,
    };

    private readonly ConcurrentDictionary<(RepositoryKey Repository, string Tag), Dictionary<AcceptKey, Known>> _known = new();

    /// <summary>The last answer, or null.</summary>
    public TagEntry? TryGet(RepositoryKey repository, string tag, AcceptKey accept)
    {
        if (_known.TryGetValue((repository, tag), out var variants))
        {
            lock (variants)
            {
                if (variants.TryGetValue(accept, out var known))
                {
                    return known.Entry;
                }
            }
        }

        try
        {
            return TagFile.Read(PathOf(repository, tag, accept));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), tag, failure.Message);
            return null;
        }
    }

    /// <summary>
    /// What the registry last told clients that accept other types, the newest first: better than nothing while it is away.
    /// </summary>
    public IReadOnlyList<TagEntry> Others(RepositoryKey repository, string tag)
    {
        try
        {
            return [.. TagFile.ReadAll(directory.Repository(repository), tag).OrderByDescending(static entry => entry.CheckedAt)];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), tag, failure.Message);
            return [];
        }
    }

    /// <summary>The registry has answered.</summary>
    public void Put(RepositoryKey repository, string tag, AcceptKey accept, TagEntry entry)
    {
        if (accept.ToString().Length > AcceptLengthMax)
        {
            return; // answered, not remembered
        }

        AcceptKey? oldest;
        var variants = _known.GetOrAdd((repository, tag), static _ => []);
        lock (variants)
        {
            if (variants.TryGetValue(accept, out var known)
                && known.Entry.Digest == entry.Digest
                && entry.CheckedAt - known.WrittenAt < WrittenEvery)
            {
                variants[accept] = known with { Entry = entry };
                return;
            }

            variants[accept] = new Known(entry, entry.CheckedAt);
            oldest = variants.Count > VariantsMax ? variants.MinBy(static variant => variant.Value.Entry.CheckedAt).Key : null;
            if (oldest is { } dropped)
            {
                variants.Remove(dropped);
            }
        }

        try
        {
            directory.Write(PathOf(repository, tag, accept), TagFile.Text(entry));
            if (oldest is { } dropped)
            {
                TagFile.Delete(PathOf(repository, tag, dropped));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), tag, failure.Message);
        }
    }

    /// <summary>The registry says that the tag is gone: for whatever a client accepts.</summary>
    public void Remove(RepositoryKey repository, string tag)
    {
        _known.TryRemove((repository, tag), out _);
        try
        {
            TagFile.DeleteAll(directory.Repository(repository), tag);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), tag, failure.Message);
        }
    }

    /// <summary>The registry has deleted a manifest, and with it the tags that named it.</summary>
    public void RemoveAll(RepositoryKey repository, Digest digest)
    {
        var tags = _known.Keys.Where(key => key.Repository == repository).Select(static key => key.Tag).ToHashSet();
        try
        {
            tags.UnionWith(TagFile.Tags(directory.Repository(repository)));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), "*", failure.Message);
        }

        foreach (var tag in tags.Where(tag => Names(repository, tag, digest)))
        {
            Remove(repository, tag);
        }
    }

    /// <summary>Forgets answers that are too old to be given even in an outage, in memory and on disk: tags of builds add up.</summary>
    public void Prune()
    {
        var notOlderThan = time.GetUtcNow() - keptFor;
        foreach (var tag in _known)
        {
            lock (tag.Value)
            {
                foreach (var (accept, known) in tag.Value)
                {
                    if (known.Entry.CheckedAt < notOlderThan)
                    {
                        tag.Value.Remove(accept);
                    }
                }

                if (tag.Value.Count == 0)
                {
                    _known.TryRemove(tag);
                }
            }
        }

        foreach (var file in new DirectoryInfo(directory.Repositories).EnumerateFiles("*", WithoutLinks))
        {
            if (IsTagOrLeftover(file.Name) && file.LastWriteTimeUtc < notOlderThan.UtcDateTime - WrittenEvery)
            {
                TagFile.Delete(file.FullName);
            }
        }
    }

    /// <summary>Whether the tag named the manifest for any client.</summary>
    private bool Names(RepositoryKey repository, string tag, Digest digest)
    {
        if (_known.TryGetValue((repository, tag), out var variants))
        {
            lock (variants)
            {
                if (variants.Values.Any(known => known.Entry.Digest == digest))
                {
                    return true;
                }
            }
        }

        return Others(repository, tag).Any(entry => entry.Digest == digest);
    }

    private static bool IsTagOrLeftover(string name) =>
        name.EndsWith(TagFile.Suffix, StringComparison.Ordinal) || name.EndsWith(AtomicFile.LeftoverSuffix, StringComparison.Ordinal);

    private string PathOf(RepositoryKey repository, string tag, AcceptKey accept) =>
        TagFile.PathOf(directory.Repository(repository), tag, accept);

    private static partial class Log
    {
        [LoggerMessage(4050, LogLevel.Warning, "The cache's disk failed on the tag {Repository}:{Tag}: {Reason}")]
        public static partial void DiskFailed(ILogger logger, string repository, string tag, string reason);
    }

    /// <summary>An answer, and when it was last written to disk.</summary>
    private sealed record Known(TagEntry Entry, DateTimeOffset WrittenAt);
}
