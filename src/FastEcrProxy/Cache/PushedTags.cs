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

        _pushed[(repository, tag)] = new Pushed(digest, time.GetUtcNow(), Before: null);
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

    /// <summary>Whether what was pushed counts more than what a registry says now. If not, it is forgotten.</summary>
    /// <param name="repository">Where.</param>
    /// <param name="tag">Which tag.</param>
    /// <param name="answered">
    /// What the registry says. The first other answer is what the tag was before; one that is neither is a later push, by
    /// another way.
    /// </param>
    public bool Outranks(RepositoryKey repository, string tag, Digest answered)
    {
        var key = (repository, tag);
        if (Find(repository, tag) is not { } digest || !_pushed.TryGetValue(key, out var pushed))
        {
            return false;
        }

        if (digest != answered && (pushed.Before is null || pushed.Before == answered))
        {
            _pushed.TryUpdate(key, pushed with { Before = answered }, pushed);
            return true;
        }

        _pushed.TryRemove(new(key, pushed));
        return false;
    }

    /// <summary>The tag has been deleted, or no registry has it.</summary>
    public void Forget(RepositoryKey repository, string tag) => _pushed.TryRemove((repository, tag), out _);

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
    /// <param name="Before">What a replica has called it since; null while none was asked.</param>
    private sealed record Pushed(Digest Digest, DateTimeOffset At, Digest? Before);
}
