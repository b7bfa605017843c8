using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Clients;

/// <summary>Finds out who is calling, and slows down who tries credentials.</summary>
internal sealed class ClientAuthenticator(ClientWays ways, FailedAttempts attempts, ProxyMetrics metrics, TimeProvider time)
{
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(5);

    private static readonly OciError ShowWho = OciError.Unauthorized("Log in first: this registry is not open to everybody.");
    private static readonly OciError Wrong = OciError.Unauthorized("User and password, or token, are not known here.");

    private static readonly OciError Busy = new(503, "UNAVAILABLE", "Who you are cannot be checked now. Try again in a moment.")
    {
        RetryAfter = AskAgain,
    };

    public ClientWays Ways => ways;

    /// <summary>Who it is, or what to answer.</summary>
    /// <param name="proof">What the client showed.</param>
    /// <param name="cancel">The client that waits.</param>
    public ValueTask<Authentication> AuthenticateAsync(ClientProof proof, CancellationToken cancel) =>
        ways.Recall(proof) is { } known
            ? new ValueTask<Authentication>(new Authentication(known, null))
            : AskAsync(proof, cancel);

    private async ValueTask<Authentication> AskAsync(ClientProof proof, CancellationToken cancel)
    {
        if (proof.User is not null && attempts.BlockedFor(proof.Address) is { } wait)
        {
            metrics.CallerBlocked();
            return new Authentication(null, OciError.TooManyRequests(
                "Too many wrong passwords came from your address: wait as long as Retry-After says.", wait));
        }

        var recognition = await ways.RecogniseAsync(proof, cancel);
        if (recognition.Trouble is { } trouble)
        {
            return new Authentication(null, Busy with { Reason = trouble });
        }

        if (recognition.Refusal is { } refusal)
        {
            metrics.CallerRefused();
            if (recognition.MayBeGuessed)
            {
                await Task.Delay(attempts.Failed(proof.Address, KeyedPrint.Of(proof.Login)), time, cancel);
            }

            return new Authentication(null, Wrong with { Reason = refusal });
        }

        return recognition.Caller is { } caller ? new Authentication(caller, null) : new Authentication(null, ShowWho);
    }
}
