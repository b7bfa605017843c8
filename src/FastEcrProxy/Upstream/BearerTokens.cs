using System.Diagnostics;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Upstream;

/// <summary>
/// The tokens that one registry's token service has given, one for each scope, until shortly before they are over. However many
/// requests need one at the same time, the service is asked once.
/// </summary>
/// <param name="ask">Asks the service.</param>
/// <param name="time">The clock by which tokens end.</param>
internal sealed class BearerTokens(
    Func<TokenQuestion, CancellationToken, Task<Fetched<BearerToken>>> ask, TimeProvider time)
{
    /// <summary>Most scopes that are remembered: some hundred bytes and a token of some kilobytes each, a few megabytes in all.</summary>
    public const int ScopesMax = 1000;

    /// <summary>
    /// A token younger than this that came in place of a refused one, and is refused as well, is not replaced: the service gives
    /// it and the registry refuses it, so would it the next. Long, since nothing but that takes so little time to go bad.
    /// </summary>
    public static readonly TimeSpan ForceAgainAfter = TimeSpan.FromSeconds(10);

    /// <summary>A token is not shown in its last seconds, lest it ends on the way; of a short one, in its last sixth.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    private const int MarginPart = 6;

    // Clients ask again at once: a service that is down or full is not asked for each of them.
    private static readonly TimeSpan FailurePause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FailurePauseMax = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly Dictionary<RegistryScope, Entry> _entries = [];
    private readonly SingleFlight<RegistryScope, Fetched<BearerToken>> _running = new(); // ends with the connections

    /// <summary>The scopes that are remembered.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <summary>What was last asked for in a scope; null where nothing was, or it has been forgotten.</summary>
    public TokenQuestion? QuestionOf(RegistryScope scope)
    {
        lock (_gate)
        {
            return _entries.GetValueOrDefault(scope)?.Question;
        }
    }

    /// <summary>The token at hand, or one that is asked for, or why there is none.</summary>
    public ValueTask<Fetched<BearerToken>> GetAsync(RegistryScope scope, TokenQuestion question, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (AtHand(scope) is { } known)
            {
                return new(known);
            }
        }

        return AskAsync(scope, question, refused: null, cancel);
    }

    /// <summary>
    /// Another token than the one that was refused; null where another would be refused as well. Those who come later with the
    /// same get what the first one got.
    /// </summary>
    /// <param name="scope">Of the request.</param>
    /// <param name="question">What the registry wants asked.</param>
    /// <param name="refusedHeader">What was shown.</param>
    /// <param name="cancel">Ends the wait, not the question.</param>
    public async ValueTask<Fetched<BearerToken>?> RenewAsync(
        RegistryScope scope, TokenQuestion question, string refusedHeader, CancellationToken cancel)
    {
        lock (_gate)
        {
            if (Replacement(scope, question, refusedHeader) is { } replacement)
            {
                return replacement;
            }

            if (_entries.GetValueOrDefault(scope) is { Token: { } token, Forced: true } entry && IsUsable(entry)
                && token.Header == refusedHeader && time.GetElapsedTime(entry.At) < ForceAgainAfter)
            {
                return null;
            }
        }

        return await AskAsync(scope, question, refusedHeader, cancel);
    }

    /// <param name="scope">Of the request.</param>
    /// <param name="question">What to ask.</param>
    /// <param name="refused">The header in whose place a token is wanted; null where there was none.</param>
    /// <param name="cancel">Ends the wait, not the question.</param>
    private ValueTask<Fetched<BearerToken>> AskAsync(
        RegistryScope scope, TokenQuestion question, string? refused, CancellationToken cancel)
    {
        return new(_running.RunAsync(scope, RunAsync, cancel));

        async Task<Fetched<BearerToken>> RunAsync(CancellationToken stop)
        {
            if (Settled(scope, question, refused) is { } settled)
            {
                return settled;
            }

            var asked = time.GetTimestamp(); // a token's life begins before its answer comes
            var got = await ask(question, stop);
            Keep(scope, new Entry(question, got.Value, got.Failure, got.Value is null ? time.GetTimestamp() : asked, refused is not null));
            return got;
        }
    }

    /// <summary>What another run has brought since the asker looked: it may have ended just before this one began.</summary>
    private Fetched<BearerToken>? Settled(RegistryScope scope, TokenQuestion question, string? refused)
    {
        lock (_gate)
        {
            return (refused is null ? AtHand(scope) : Replacement(scope, question, refused)) is { } token
                ? token
                : RecentFailure(scope, question) is { } failure ? failure : default(Fetched<BearerToken>?);
        }
    }

    /// <summary>The token at hand, if it is another than the one that was refused.</summary>
    private BearerToken? Replacement(RegistryScope scope, TokenQuestion question, string refused) =>
        _entries.GetValueOrDefault(scope) is { Token: { } token } entry && IsUsable(entry)
        && token.Header != refused && entry.Question == question
            ? token
            : null;

    private BearerToken? AtHand(RegistryScope scope)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread, "the table is guarded");
        if (_entries.GetValueOrDefault(scope) is not { } entry)
        {
            return null;
        }

        entry.UsedAt = time.GetTimestamp();
        return IsUsable(entry) ? entry.Token : null;
    }

    private bool IsUsable(Entry entry) =>
        entry.Token is { } token && time.GetElapsedTime(entry.At) < token.Lifetime - Least(Margin, token.Lifetime / MarginPart);

    private FetchFailure? RecentFailure(RegistryScope scope, TokenQuestion question) =>
        _entries.GetValueOrDefault(scope) is { Failure: { } failure } entry && entry.Question == question
        && time.GetElapsedTime(entry.At) < Least(failure.RetryAfter ?? FailurePause, FailurePauseMax)
            ? failure
            : null;

    private void Keep(RegistryScope scope, Entry entry)
    {
        lock (_gate)
        {
            if (_entries.Count >= ScopesMax && !_entries.ContainsKey(scope))
            {
                MakeRoom();
            }

            entry.UsedAt = time.GetTimestamp();
            _entries[scope] = entry;
        }
    }

    /// <summary>
    /// Forgets what is of no use any more, else what has not been used for longest. Names come from clients: there is no end.
    /// </summary>
    private void MakeRoom()
    {
        foreach (var (scope, entry) in _entries)
        {
            if (!IsUsable(entry))
            {
                _entries.Remove(scope);
            }
        }

        if (_entries.Count >= ScopesMax)
        {
            _entries.Remove(_entries.MinBy(entry => entry.Value.UsedAt).Key);
        }
    }

    private static TimeSpan Least(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>The last answer in one scope.</summary>
    /// <param name="Question">What was asked.</param>
    /// <param name="Token">What came, or null.</param>
    /// <param name="Failure">Why nothing came, or null.</param>
    /// <param name="At">When, as a timestamp.</param>
    /// <param name="Forced">Whether it was asked for in place of a refused one.</param>
    private sealed record Entry(TokenQuestion Question, BearerToken? Token, FetchFailure? Failure, long At, bool Forced)
    {
        public long UsedAt { get; set; }
    }
}
