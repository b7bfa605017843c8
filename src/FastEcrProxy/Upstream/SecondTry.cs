using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Upstream;

/// <summary>Whether a moment later may help, and which moment: for a peer that answers, but is busy or stumbled.</summary>
internal static class SecondTry
{
    // Long enough that a busy registry has moved on, short enough that nobody notices.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    // A longer wish of the registry is passed on to the client instead of being waited for.
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    /// <summary>How long to wait; null where another try cannot help, or only after longer than is waited here.</summary>
    /// <param name="answer">An answer, whatever its status.</param>
    /// <param name="failure">Why there is none.</param>
    public static TimeSpan? PauseBefore(UpstreamAnswer? answer, FetchFailure? failure)
    {
        var mayHelp = answer is null
            ? failure!.Error is FetchError.CutShort
            : Verdict.Of(answer.Status, answer.Error) is FetchError.Throttled or FetchError.Unreachable
                && answer.Status >= UpstreamAnswer.ErrorStatusMin;
        var wish = answer?.RetryAfter ?? TimeSpan.Zero;
        return mayHelp && wish <= PauseMax
            ? wish + Backoff.Delay(1, Pause, Pause, Random.Shared.NextDouble())
            : null;
    }
}
