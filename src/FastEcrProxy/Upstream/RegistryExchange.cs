using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>
/// One question to the registry and its answer: with what the registry is to be shown, renewed once where it is refused, and
/// asked once more where a moment later may help. What cannot be reached is reported at once: there may be a copy in the cache.
/// </summary>
internal sealed class RegistryExchange(
    UpstreamOptions options, Peer registry, IRegistryAuth auth, TimeProvider time, ILogger logger)
{
    private const int TriesMax = 2; // clients try again themselves; a third try here would outlast their patience

    private volatile RegistryAddress? _address;

    /// <summary>Where the last question went; null before the first one.</summary>
    public RegistryAddress? Address => _address;

    /// <summary>
    /// The registry's answer, whatever its status; the caller judges it. A failure: there is no answer, and the error is
    /// <see cref="FetchError.Unreachable"/> or <see cref="FetchError.BadAnswer"/>.
    /// </summary>
    public async ValueTask<Fetched<UpstreamAnswer>> AskAsync(RegistryRequest request, CancellationToken cancel)
    {
        var (opened, none) = await SessionAsync(request.Scope, cancel);
        if (opened is not { } session)
        {
            return none!;
        }

        var renewed = false;
        var tries = 0;
        while (true)
        {
            tries++;
            var (answer, failure) = await registry.AskAsync(session.Message(request), request.BodyBytesMax, cancel);
            if (answer is not null && !renewed && await RenewedAsync(session, request, answer, cancel) is { } renewal)
            {
                answer.Dispose();
                if (renewal.Value is not { } fresh)
                {
                    return renewal.Failure!;
                }

                renewed = true;
                session = session with { Shown = fresh };
                tries--; // the registry has not looked at the question yet
                continue;
            }

            if (tries == TriesMax || request.OnlyIfCached || SecondTry.PauseBefore(answer, failure) is not { } pause)
            {
                return answer ?? (Fetched<UpstreamAnswer>)NoAnswer(failure!);
            }

            answer?.Dispose();
            await Task.Delay(pause, time, cancel);
        }
    }

    /// <summary>A broken connection is no answer either: nothing is at hand from which one could go on.</summary>
    private static FetchFailure NoAnswer(FetchFailure failure) =>
        failure.Error is FetchError.CutShort ? failure with { Error = FetchError.Unreachable } : failure;

    private async ValueTask<(Session?, FetchFailure?)> SessionAsync(RegistryScope scope, CancellationToken cancel)
    {
        var (shown, none) = await auth.ShowAsync(scope, cancel);
        if (shown is null)
        {
            return (null, none);
        }

        _address = RegistryAddress.Of(options, shown.Registry);
        return _address is { } address
            ? (new Session(address, shown, options), null)
            : (null, new FetchFailure(FetchError.Unreachable, "No registry is configured, and AWS names none for this caller."));
    }

    /// <summary>What to show instead, where the answer says that it is about what was shown and something better is to be had.</summary>
    private async ValueTask<Fetched<RegistryCredential>?> RenewedAsync(
        Session session, RegistryRequest request, UpstreamAnswer answer, CancellationToken cancel)
    {
        if (RegistryRefusal.Of(answer, request.Method, session.Address) is not { } refusal)
        {
            return null;
        }

        var renewal = await auth.RenewAsync(request.Scope, session.Shown, refusal, cancel);
        if (renewal is { Value: not null } && session.Shown.Header is not null)
        {
            UpstreamLog.CredentialRefused(logger, session.Address, answer.Status);
        }

        return renewal;
    }

    /// <summary>Where the question goes, and what is shown there.</summary>
    private sealed record Session(RegistryAddress Address, RegistryCredential Shown, UpstreamOptions Options)
    {
        public HttpRequestMessage Message(RegistryRequest request)
        {
            // Joined as text: resolved as a reference, a path that begins with two slashes would name another host.
            var address = new Uri(Address.Root.GetLeftPart(UriPartial.Authority) + request.PathAndQuery);
            var message = new HttpRequestMessage(request.Method, address);
            if (Shown.Header is { } header && Address.Owns(address))
            {
                message.Headers.TryAddWithoutValidation("Authorization", header);
            }

            message.Headers.Host = Options.CalledAs;
            if (request.OnlyIfCached || Options.TakesNothingStale)
            {
                message.Headers.TryAddWithoutValidation("Cache-Control", request.OnlyIfCached ? "only-if-cached" : "no-cache");
            }

            if (request.Accept.Count > 0)
            {
                message.Headers.TryAddWithoutValidation("Accept", request.Accept);
            }

            if (request.Range is not null)
            {
                message.Headers.TryAddWithoutValidation("Range", request.Range);
            }

            return message;
        }
    }
}
