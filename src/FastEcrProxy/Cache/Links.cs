using System.Collections.Concurrent;
using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;
using Digests = System.Collections.Generic.HashSet<(ulong High, ulong Low)>;

namespace FastEcrProxy.Cache;

/// <summary>Which digests each repository is known to have, so that nobody reads another repository's content by its digest.</summary>
/// <remarks>
/// Learnt from manifests served and from the registry's answers, never guessed. On disk one text file per repository,
/// <c>repositories/NAME/_links</c>, a digest a line, appended to. A failing disk costs only questions after a restart.
/// </remarks>
/// <param name="directory">Where they are kept.</param>
/// <param name="mayBeStored">Whether the index has it or cannot say yet; what it does not have is looked for on disk.</param>
/// <param name="logger">Told when the disk fails.</param>
internal sealed partial class Links(CacheDirectory directory, Func<DigestKey, bool> mayBeStored, ILogger<Links> logger)
{
    private const string FileName = "_links"; // no component of a repository's name begins with an underscore
    private const int FileBytesMax = 1 << 30; // ten million digests

    private readonly ConcurrentDictionary<RepositoryKey, Lazy<Digests>> _known = new();

    /// <summary>Whether the repository is known to have the digest. False means "ask", not "no".</summary>
    public bool Has(RepositoryKey repository, Digest digest)
    {
        // A repository of which nothing was ever learnt gets no place in memory: clients can make up any number of names.
        if (!_known.TryGetValue(repository, out var place) && !File.Exists(PathOf(repository)))
        {
            return false;
        }

        var known = place?.Value ?? Of(repository);
        lock (known)
        {
            return known.Contains(DigestKey.Of(digest).Half);
        }
    }

    public void Add(RepositoryKey repository, Digest digest) => Add(repository, [digest]);

    public void Add(RepositoryKey repository, IReadOnlyList<Digest> digests)
    {
        var known = Of(repository);
        lock (known)
        {
            var news = digests.Where(d => known.Add(DigestKey.Of(d).Half)).ToList();
            if (news.Count > 0)
            {
                Append(repository, news);
            }
        }
    }

    /// <summary>The registry says that the repository does not have it any more. On disk it takes the file being written anew.</summary>
    public void Remove(RepositoryKey repository, Digest digest)
    {
        if (!Has(repository, digest))
        {
            return;
        }

        var known = Of(repository);
        lock (known)
        {
            known.Remove(DigestKey.Of(digest).Half);
            try
            {
                var kept = PlainFile.Lines(PathOf(repository), FileBytesMax).Where(line => line != digest.ToString());
                directory.Write(PathOf(repository), Encoding.ASCII.GetBytes(string.Concat(kept.Select(static line => line + '\n'))));
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                Log.DiskFailed(logger, repository.ToString(), failure.Message);
            }
        }
    }

    private Digests Of(RepositoryKey repository) =>
        _known.GetOrAdd(repository, static (r, self) => new Lazy<Digests>(() => self.Load(r)), this).Value;

    private void Append(RepositoryKey repository, List<Digest> news)
    {
        try
        {
            directory.MakeInside(directory.Repository(repository));
            PlainFile.Append(PathOf(repository), Encoding.ASCII.GetBytes(string.Concat(news.Select(static d => $"{d}\n"))));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), failure.Message);
        }
    }

    /// <summary>
    /// What an earlier process learnt, less what is known to be no longer on disk: that has to be fetched from the registry
    /// anyhow.
    /// </summary>
    private Digests Load(RepositoryKey repository)
    {
        var known = new Digests();
        try
        {
            var path = PathOf(repository);
            var text = Encoding.ASCII.GetString(PlainFile.TryRead(path, FileBytesMax) ?? []).AsSpan();
            var kept = new StringBuilder(text.Length);
            foreach (var line in text.Split('\n'))
            {
                if (DigestKey.TryParse(text[line], out var key) && IsStored(key, text[line]) && known.Add(key.Half))
                {
                    kept.Append(text[line]).Append('\n');
                }
            }

            if (kept.Length != text.Length) // a torn last line would swallow what is appended to it
            {
                directory.Write(path, Encoding.ASCII.GetBytes(kept.ToString()));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), failure.Message);
        }

        known.TrimExcess(); // most repositories are read once and hardly grow
        return known;
    }

    /// <summary>A repository may have ten thousand: the disk is asked about those only that the index does not have.</summary>
    private bool IsStored(DigestKey key, ReadOnlySpan<char> text) =>
        mayBeStored(key)
        || (Digest.TryParse(text, out var digest) && (File.Exists(directory.Blob(digest)) || File.Exists(directory.Manifest(digest))));

    private string PathOf(RepositoryKey repository) => Path.Combine(directory.Repository(repository), FileName);

    private static partial class Log
    {
        [LoggerMessage(4060, LogLevel.Warning, "The cache's disk failed on what {Repository} is known to have: {Reason}")]
        public static partial void DiskFailed(ILogger logger, string repository, string reason);
    }
}
