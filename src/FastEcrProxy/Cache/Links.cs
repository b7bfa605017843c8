using System.Collections.Concurrent;
using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Cache;

/// <summary>Which digests each repository is known to have, so that nobody reads another repository's content by its digest.</summary>
/// <remarks>
/// Learnt from manifests served and from the registry's answers, never guessed. On disk one text file per repository,
/// <c>repositories/NAME/_links</c>, a digest a line, appended to. A failing disk costs only questions after a restart.
/// </remarks>
internal sealed partial class Links(CacheDirectory directory, ILogger<Links> logger)
{
    private const string FileName = "_links"; // no component of a repository's name begins with an underscore

    private readonly ConcurrentDictionary<Repository, Lazy<HashSet<DigestKey>>> _known = new();

    /// <summary>Whether the repository is known to have the digest. False means "ask", not "no".</summary>
    public bool Has(Repository repository, Digest digest)
    {
        var known = Of(repository);
        lock (known)
        {
            return known.Contains(DigestKey.Of(digest));
        }
    }

    public void Add(Repository repository, Digest digest) => Add(repository, [digest]);

    public void Add(Repository repository, IReadOnlyList<Digest> digests)
    {
        var known = Of(repository);
        lock (known)
        {
            var news = digests.Where(d => known.Add(DigestKey.Of(d))).ToList();
            if (news.Count > 0)
            {
                Append(repository, news);
            }
        }
    }

    private HashSet<DigestKey> Of(Repository repository) =>
        _known.GetOrAdd(repository, static (r, self) => new Lazy<HashSet<DigestKey>>(() => self.Load(r)), this).Value;

    private void Append(Repository repository, List<Digest> news)
    {
        try
        {
            Directory.CreateDirectory(directory.Repository(repository));
            File.AppendAllLines(PathOf(repository), news.Select(static d => d.ToString()));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), failure.Message);
        }
    }

    /// <summary>
    /// What an earlier process learnt, less what is no longer on disk: that has to be fetched from the registry anyhow.
    /// </summary>
    private HashSet<DigestKey> Load(Repository repository)
    {
        var known = new HashSet<DigestKey>();
        try
        {
            var path = PathOf(repository);
            if (!File.Exists(path))
            {
                return known;
            }

            var text = File.ReadAllText(path);
            var kept = new StringBuilder();
            foreach (var line in text.Split('\n'))
            {
                if (Digest.TryParse(line, out var digest) && IsOnDisk(digest) && known.Add(DigestKey.Of(digest)))
                {
                    kept.Append(line).Append('\n');
                }
            }

            if (kept.Length != text.Length) // a torn last line would swallow what is appended to it
            {
                AtomicFile.Write(path, Encoding.ASCII.GetBytes(kept.ToString()));
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Log.DiskFailed(logger, repository.ToString(), failure.Message);
        }

        return known;
    }

    private bool IsOnDisk(Digest digest) => File.Exists(directory.Blob(digest)) || File.Exists(directory.Manifest(digest));

    private string PathOf(Repository repository) => Path.Combine(directory.Repository(repository), FileName);

    private static partial class Log
    {
        [LoggerMessage(4060, LogLevel.Warning, "The cache's disk failed on what {Repository} is known to have: {Reason}")]
        public static partial void DiskFailed(ILogger logger, string repository, string reason);
    }
}
