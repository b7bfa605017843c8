using System.Collections.Concurrent;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Clients;

/// <summary>
/// What ECR has said about callers, so that it is not asked with every layer, and so that who was let in can go on when it is
/// away. Nobody is let in by it whom ECR has not let in within <see cref="EcrCallerOptions.Remember"/>, or, while ECR gives no
/// answer, within <see cref="EcrCallerOptions.RememberIfDown"/> and since its last no.
/// </summary>
/// <remarks>
/// Yeses are apart from all else: who sends nonsense can fill only the table of what is held back for some seconds, and pushes out
/// nobody who is known. In memory only, so after a restart everybody is asked about once more, and nobody is known if ECR is away.
/// </remarks>
/// <param name="options">How long what is believed.</param>
/// <param name="time">The clock of it.</param>
internal sealed class EcrMemory<TKey>(EcrCallerOptions options, TimeProvider time) : IDisposable
    where TKey : notnull
{
    private const int HeldMax = 10_000;
    private const int Share = 8; // of the known that is forgotten at once: making room is dear

    private readonly ConcurrentDictionary<TKey, Given> _given = new();
    private readonly ConcurrentDictionary<TKey, Held> _held = new();
    private readonly SingleFlight<TKey, EcrAnswer> _asking = new();
    private readonly Lock _making = new();

    /// <summary>How many yeses are known, old ones too.</summary>
    public int Count => _given.Count;

    /// <summary>What holds without asking; null: it has to be asked for.</summary>
    public EcrAnswer? Remembered(TKey key)
    {
        var isGiven = _given.TryGetValue(key, out var given);
        if (isGiven && time.GetElapsedTime(given.At) < options.Remember && time.GetUtcNow() < given.Ends)
        {
            return EcrAnswer.Yes;
        }

        if (!_held.TryGetValue(key, out var held) || time.GetElapsedTime(held.At) >= HoldOf(held.Answer))
        {
            return null;
        }

        return held.Answer is EcrAnswer.Unknown && isGiven ? WithoutEcr(given) : held.Answer;
    }

    /// <summary>What holds: remembered, or asked for, once for all who want to know at the same time.</summary>
    /// <param name="key">The caller, and what is asked about; holds no secret.</param>
    /// <param name="token">What the caller shows: it may say itself when it ends. Not kept.</param>
    /// <param name="ask">Asks ECR. Never throws but for its token; asked about nothing that is remembered.</param>
    /// <param name="cancel">Ends this wait, not the question.</param>
    public ValueTask<EcrAnswer> OfAsync(
        TKey key, string token, Func<CancellationToken, ValueTask<EcrAnswer>> ask, CancellationToken cancel) =>
        Remembered(key) is { } known
            ? ValueTask.FromResult(known)
            : new ValueTask<EcrAnswer>(_asking.RunAsync(key, stop => AskAsync(key, token, ask, stop), cancel));

    public void Dispose() => _asking.Dispose();

    private TimeSpan HoldOf(EcrAnswer answer) => answer is EcrAnswer.No ? options.RememberRefusal : options.PauseIfDown;

    private async Task<EcrAnswer> AskAsync(
        TKey key, string token, Func<CancellationToken, ValueTask<EcrAnswer>> ask, CancellationToken stop)
    {
        if (Remembered(key) is { } known)
        {
            return known; // whoever asked has just been told
        }

        var began = time.GetTimestamp(); // what holds, holds from when it was asked, not from when the answer came
        var answer = await ask(stop);
        switch (answer)
        {
            case EcrAnswer.Yes:
                Keep(key, new Given(began, EcrTokenText.EndOf(token) ?? DateTimeOffset.MaxValue));
                _held.TryRemove(key, out _);
                return EcrAnswer.Yes;
            case EcrAnswer.No:
                _given.TryRemove(key, out _);
                Hold(key, answer);
                return EcrAnswer.No;
            default:
                Hold(key, answer);
                return _given.TryGetValue(key, out var given) ? WithoutEcr(given) : EcrAnswer.Unknown;
        }
    }

    private EcrAnswer WithoutEcr(Given given) =>
        time.GetElapsedTime(given.At) < options.RememberIfDown && time.GetUtcNow() < given.Ends ? EcrAnswer.Yes : EcrAnswer.Unknown;

    private void Keep(TKey key, Given given)
    {
        _given[key] = given;
        if (_given.Count <= options.KnownMax)
        {
            return;
        }

        lock (_making)
        {
            var tooMany = _given.Count - options.KnownMax;
            if (tooMany <= 0)
            {
                return; // somebody else has made room
            }

            foreach (var (oldest, _) in _given.ToArray().OrderBy(static known => known.Value.At).Take(tooMany + (options.KnownMax / Share)))
            {
                _given.TryRemove(oldest, out _);
            }
        }
    }

    private void Hold(TKey key, EcrAnswer answer)
    {
        if (_held.Count >= HeldMax)
        {
            _held.Clear(); // costs the others one more question each
        }

        _held[key] = new Held(answer, time.GetTimestamp());
    }

    /// <summary>A yes.</summary>
    /// <param name="At">When it was asked for.</param>
    /// <param name="Ends">When the token ends by its own word: it is no good beyond, whether ECR can be asked or not.</param>
    private readonly record struct Given(long At, DateTimeOffset Ends);

    /// <summary>Anything but a yes.</summary>
    private readonly record struct Held(EcrAnswer Answer, long At);
}
