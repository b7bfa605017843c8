using System.Collections.Concurrent;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Cache;

/// <summary>
/// What clients have pushed to tags through this proxy of late. A replica that has not heard of a push yet answers with what
/// the tag was before; who pushed is to get what was pushed.
/// </summary>
/// <remarks>In memory: after a restart the registries' word counts. Safe for several threads.</remarks>
internal sealed class PushedTags(TimeProvider time)
{
    /// <summary>ECR replicates most images within half an hour; what takes longer is an outage, and somebody should notice.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromHours(1);

    private const int CountMax = 10_000; // pushes of an hour; beyond that the oldest are left to the registries' word

    private readonly ConcurrentDictionary<(RepositoryKey Repository, string Tag), Pushed> _pushed = new();

    /// <summary>A registry has taken the push.</summary>
    public void Put(RepositoryKey repository, string tag, Digest digest)
    {
        if (_pushed.Count >= CountMax)
        {
            MakeRoom();
        }

        _pushed[(repository, tag)] = new Pushed(digest, time.GetUtcNow());
    }

    /// <summary>What was pushed to the tag, for as long as a replica may not have it; null for all others.</summary>
    public Digest? Find(RepositoryKey repository, string tag)
    {
        if (!_pushed.TryGetValue((repository, tag), out var pushed))
        {
            return null;
        }

        if (time.GetUtcNow() - pushed.At < KeptFor)
        {
            return pushed.Digest;
        }

        Forget(repository, tag);
        return null;
    }

    /// <summary>The primary says that somebody has pushed something else by another way: that is what replicas lack now.</summary>
    public void Correct(RepositoryKey repository, string tag, Digest digest)
    {
        if (_pushed.TryGetValue((repository, tag), out var pushed))
        {
            _pushed.TryUpdate((repository, tag), pushed with { Digest = digest }, pushed);
        }
    }

    /// <summary>The replica has it, or the tag has been deleted.</summary>
    public void Forget(RepositoryKey repository, string tag) => _pushed.TryRemove((repository, tag), out _);

    /// <summary>A manifest has been deleted, and with it all of its tags.</summary>
    public void ForgetAll(RepositoryKey repository, Digest digest)
    {
        foreach (var pushed in _pushed)
        {
            if (pushed.Key.Repository == repository && pushed.Value.Digest == digest)
            {
                _pushed.TryRemove(pushed);
            }
        }
    }

    private void MakeRoom()
    {
        foreach (var oldest in _pushed.OrderBy(static pushed => pushed.Value.At).Take(CountMax / 10).ToList())
        {
            _pushed.TryRemove(oldest);
        }
    }

    /// <summary>One push.</summary>
    /// <param name="Digest">What the tag is now.</param>
    /// <param name="At">When the registry took it.</param>
    private sealed record Pushed(Digest Digest, DateTimeOffset At);
}
