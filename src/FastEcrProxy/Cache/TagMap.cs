using System.Collections.Concurrent;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Cache;

/// <summary>
/// Which manifest a tag last named, for each set of media types that was asked for, since ECR converts by <c>Accept</c>.
/// </summary>
/// <remarks>Memory over one small file per entry (<see cref="TagFile"/>). A failing disk costs only offline answers after
/// a restart.</remarks>
internal sealed partial class TagMap(CacheDirectory directory, TimeSpan keptFor, TimeProvider time, ILogger<TagMap> logger)
{
    // A tag that is asked for a thousand times a second is written once a minute: an outage is measured to the minute.
    private static readonly TimeSpan WrittenEvery = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<(Repository Repository, string Tag, AcceptKey Accept), Known> _known = new();

    /// <summary>The last answer, or null.</summary>
    public TagEntry? TryGet(Repository repository, string tag, AcceptKey accept)
    {
        if (_known.TryGetValue((repository, tag, accept), out var known))
        {
            return known.Entry;
        }

        try
        {
            return TagFile.Read(PathOf(repository, tag, accept)) is { } read
                ? _known.GetOrAdd((repository, tag, accept), new Known(read, read.CheckedAt)).Entry
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), tag, failure.Message);
            return null;
        }
    }

    /// <summary>The registry has answered.</summary>
    public void Put(Repository repository, string tag, AcceptKey accept, TagEntry entry)
    {
        var key = (repository, tag, accept);
        if (_known.TryGetValue(key, out var known)
            && known.Entry.Digest == entry.Digest
            && entry.CheckedAt - known.WrittenAt < WrittenEvery)
        {
            _known[key] = known with { Entry = entry };
            return;
        }

        _known[key] = new Known(entry, entry.CheckedAt);
        try
        {
            TagFile.Write(PathOf(repository, tag, accept), entry);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), tag, failure.Message);
        }
    }

    /// <summary>The registry says that the tag is gone.</summary>
    public void Remove(Repository repository, string tag, AcceptKey accept)
    {
        _known.TryRemove((repository, tag, accept), out _);
        try
        {
            var path = PathOf(repository, tag, accept);
            if (File.Exists(path))
            {
                File.Delete(path);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), tag, failure.Message);
        }
    }

    /// <summary>Forgets answers that are too old to be given even in an outage, in memory and on disk: tags of builds add up.</summary>
    public void Prune()
    {
        var notOlderThan = time.GetUtcNow() - keptFor;
        foreach (var (key, known) in _known)
        {
            if (known.Entry.CheckedAt < notOlderThan)
            {
                _known.TryRemove(KeyValuePair.Create(key, known));
            }
        }

        foreach (var file in new DirectoryInfo(directory.Repositories).EnumerateFiles($"*{TagFile.Suffix}", SearchOption.AllDirectories))
        {
            if (file.LastWriteTimeUtc < notOlderThan.UtcDateTime - WrittenEvery)
            {
                file.Delete();
            }
        }
    }

    private string PathOf(Repository repository, string tag, AcceptKey accept) =>
        TagFile.PathOf(directory.Repository(repository), tag, accept);

    private static partial class Log
    {
        [LoggerMessage(4050, LogLevel.Warning, "The cache's disk failed on the tag {Repository}:{Tag}: {Reason}")]
        public static partial void DiskFailed(ILogger logger, string repository, string tag, string reason);
    }

    /// <summary>An answer, and when it was last written to disk.</summary>
    private sealed record Known(TagEntry Entry, DateTimeOffset WrittenAt);
}
