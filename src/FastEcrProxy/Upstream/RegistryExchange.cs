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

    // A token that the registry has just taken is taken once more. In a push, what comes before a layer is a question without a body.
    private static readonly TimeSpan ProofHolds = TimeSpan.FromMinutes(1);

    // A token with less left is replaced before a body begins, should AWS give another.
    private static readonly TimeSpan TokenLifeLeast = TimeSpan.FromMinutes(1);

    private volatile RegistryAddress? _address;
    private volatile Proof? _proof;

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
            var (answer, failure) = await registry.AskAsync(
                session.Message(request), request.BodyBytesMax, request.Patience ?? options.FirstByteTimeout, cancel);
            if (answer is not null && !renewed && IsTokenRefused(session, request.Method, answer) && session.Token is { } refused)
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

            if (tries == TriesMax || request.IsOnce || SecondTry.PauseBefore(answer, failure) is not { } pause)
            {
                return answer ?? (Fetched<UpstreamAnswer>)NoAnswer(failure!);
            }

            answer?.Dispose();
            await Task.Delay(pause, time, cancel);
        }
    }

    /// <summary>
    /// The registry's answer to a request with a body that can be sent once: never repeated. That the token is good is found out
    /// before, since a body that meets a refusal is lost.
    /// </summary>
    /// <param name="request">What the body belongs to.</param>
    /// <param name="body">Sent, or as much of it as the registry wants. Stays the caller's.</param>
    /// <param name="cancel">Ends the exchange.</param>
    public async ValueTask<Fetched<UpstreamAnswer>> SendAsync(RegistryRequest request, UploadBody body, CancellationToken cancel)
    {
        var (opened, none) = await SessionAsync(cancel);
        if (opened?.Token is { } token && !IsProven(token))
        {
            if (token.ExpiresAt - time.GetUtcNow() < TokenLifeLeast)
            {
                await tokens!.RenewAsync(token, cancel);
            }

            var (pong, silence) = await AskAsync(new RegistryRequest(HttpMethod.Get, "/v2/") { BodyBytesMax = ErrorBody.BytesMax }, cancel);
            if (pong is null)
            {
                return silence!;
            }

            pong.Dispose(); // whatever it says: the body's own request hears it too
            (opened, none) = await SessionAsync(cancel);
        }

        if (opened is not { } session)
        {
            return none!;
        }

        var message = session.Message(request);
        message.Content = body;
        var (answer, failure) = await registry.AskAsync(message, request.BodyBytesMax, cancel);
        if (answer is null || !IsTokenRefused(session, request.Method, answer))
        {
            return answer ?? (Fetched<UpstreamAnswer>)NoAnswer(failure!);
        }

        answer.Dispose();
        await tokens!.RenewAsync(session.Token!, cancel);
        return new FetchFailure(
            FetchError.Unreachable, $"The registry {session.Address} refused the token while it was sent a layer: send it again.");
    }

    /// <summary>Whether another token may help. An answer that says otherwise proves the token.</summary>
    private bool IsTokenRefused(Session session, HttpMethod method, UpstreamAnswer answer)
    {
        var isRefused = session.Token is not null && Verdict.RefusesToken(method, answer.Status, answer.Error);
        if (session.Token is { } token && !isRefused)
        {
            _proof = new Proof(token, time.GetTimestamp());
        }

        return isRefused;
    }

    private bool IsProven(EcrToken token) =>
        _proof is { } proof && proof.Token.Header == token.Header && time.GetElapsedTime(proof.At) < ProofHolds
        && token.ExpiresAt - time.GetUtcNow() >= TokenLifeLeast;

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
            ? (new Session(address, token), null)
            : (null, new FetchFailure(FetchError.Unreachable, "No registry is configured, and AWS names none for this caller."));
    }

    /// <summary>Whatever AWS says about it: with cached content at hand, no token is like no network.</summary>
    private static FetchFailure NoToken(string what, EcrFailure? why) =>
        new(FetchError.Unreachable, $"{what}: {why?.Reason ?? "AWS has not answered yet."}");

    /// <summary>That the registry took a token, and when.</summary>
    private sealed record Proof(EcrToken Token, long At);

    /// <summary>Where the question goes, and what is shown there.</summary>
    private sealed record Session(RegistryAddress Address, EcrToken? Token)
    {
        // What a client brings back to the registry is the registry's own text, down to how it spells a character.
        private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

        public HttpRequestMessage Message(RegistryRequest request)
        {
            // Joined as text: resolved as a reference, a path that begins with two slashes would name another host.
            var address = new Uri(Address.Root.GetLeftPart(UriPartial.Authority) + request.PathAndQuery, AsWritten);
            var message = new HttpRequestMessage(request.Method, address);
            if (Token is not null && Address.Owns(address))
            {
                message.Headers.TryAddWithoutValidation("Authorization", Token.Header);
            }

            if (request.Accept.Count > 0)
            {
                message.Headers.TryAddWithoutValidation("Accept", request.Accept);
            }

            if (request.Range is not null)
            {
                message.Headers.TryAddWithoutValidation("Range", request.Range);
            }

            if (request.Bytes is { } bytes)
            {
                message.Content = new ReadOnlyMemoryContent(bytes.Content);
                if (bytes.MediaType is not null)
                {
                    message.Content.Headers.TryAddWithoutValidation("Content-Type", bytes.MediaType);
                }
            }

            return message;
        }
    }
}
