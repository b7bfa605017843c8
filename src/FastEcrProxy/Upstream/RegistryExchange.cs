using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>
/// One question to the registry and its answer: with the token, renewed once where it is refused, and asked once more where
/// a moment later may help. What cannot be reached is reported at once: there may be a copy in the cache.
/// </summary>
internal sealed class RegistryExchange(
    UpstreamOptions options, Peer registry, TokenRefresher? tokens, TimeProvider time, ILogger logger)
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
        var (opened, none) = await SessionAsync(cancel);
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
            if (answer is not null && !renewed && session.Token is { } refused
                && Verdict.RefusesToken(request.Method, answer.Status, answer.Error))
            {
                renewed = true;
                if (await tokens!.RenewAsync(refused, cancel) is { } fresh)
                {
                    UpstreamLog.TokenRefused(logger, session.Address, answer.Status);
                    answer.Dispose();
                    session = session with { Token = fresh };
                    tries--; // the registry has not looked at the question yet
                    continue;
                }

                if (!IsLastWord(answer, refused))
                {
                    answer.Dispose();
                    return NoToken($"The registry {session.Address} refuses the token, and there is no new one", tokens.LastFailure);
                }
            }

            if (tries == TriesMax || request.OnlyIfCached || SecondTry.PauseBefore(answer, failure) is not { } pause)
            {
                return answer ?? (Fetched<UpstreamAnswer>)NoAnswer(failure!);
            }

            answer?.Dispose();
            await Task.Delay(pause, time, cancel);
        }
    }

    /// <summary>
    /// Whether a refusal stands, though there is no other token. A bare 403 may mean a missing permission as well, and a
    /// registry that takes no token at all says 401 to one that AWS gave a moment ago, too.
    /// </summary>
    private bool IsLastWord(UpstreamAnswer answer, EcrToken refused) =>
        (answer.Status == 403 && answer.Error.Message.Length == 0)
        || (answer.Status == 401 && time.GetUtcNow() < refused.IssuedAt + TokenRefresher.ForceAgainAfter);

    /// <summary>A broken connection is no answer either: nothing is at hand from which one could go on.</summary>
    private static FetchFailure NoAnswer(FetchFailure failure) =>
        failure.Error is FetchError.CutShort ? failure with { Error = FetchError.Unreachable } : failure;

    private async ValueTask<(Session?, FetchFailure?)> SessionAsync(CancellationToken cancel)
    {
        var token = tokens is null ? null : await tokens.GetAsync(cancel);
        if (tokens is not null && token is null)
        {
            return (null, NoToken("There is no token for the registry", tokens.LastFailure));
        }

        _address = RegistryAddress.Of(options, token);
        return _address is { } address
            ? (new Session(address, token, options), null)
            : (null, new FetchFailure(FetchError.Unreachable, "No registry is configured, and AWS names none for this caller."));
    }

    /// <summary>Whatever AWS says about it: with cached content at hand, no token is like no network.</summary>
    private static FetchFailure NoToken(string what, EcrFailure? why) =>
        new(FetchError.Unreachable, $"{what}: {why?.Reason ?? "AWS has not answered yet."}");

    /// <summary>Where the question goes, and what is shown there.</summary>
    private sealed record Session(RegistryAddress Address, EcrToken? Token, UpstreamOptions Options)
    {
        public HttpRequestMessage Message(RegistryRequest request)
        {
            // Joined as text: resolved as a reference, a path that begins with two slashes would name another host.
            var address = new Uri(Address.Root.GetLeftPart(UriPartial.Authority) + request.PathAndQuery);
            var message = new HttpRequestMessage(request.Method, address);
            if (Token is not null && Address.Owns(address))
            {
                message.Headers.TryAddWithoutValidation("Authorization", Token.Header);
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
