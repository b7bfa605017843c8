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
    private readonly CredentialProofs _proofs = new(time);

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
            var (answer, failure) = await registry.AskAsync(
                session.Message(request), request.BodyBytesMax, request.Patience ?? options.FirstByteTimeout, cancel);
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

            if (answer is not null && request.ProvesCredential)
            {
                _proofs.Add(session.Shown);
            }

            if (tries == TriesMax || request.IsOnce || request.OnlyIfCached || SecondTry.PauseBefore(answer, failure) is not { } pause)
            {
                return answer ?? (Fetched<UpstreamAnswer>)NoAnswer(failure!);
            }

            answer?.Dispose();
            await Task.Delay(pause, time, cancel);
        }
    }

    /// <summary>
    /// The registry's answer to a request with a body that can be sent once: never repeated. That the registry likes what it is
    /// shown is found out before, since a body that meets a refusal is lost.
    /// </summary>
    /// <param name="request">What the body belongs to.</param>
    /// <param name="body">Sent, or as much of it as the registry wants. Stays the caller's.</param>
    /// <param name="cancel">Ends the exchange.</param>
    public async ValueTask<Fetched<UpstreamAnswer>> SendAsync(RegistryRequest request, UploadBody body, CancellationToken cancel)
    {
        var (opened, none) = await SessionAsync(request.Scope, cancel);
        if (opened is { } unproven && auth is not NoAuth && !_proofs.Has(unproven.Shown))
        {
            (opened, none) = await ProveAsync(unproven, request, cancel);
        }

        if (opened is not { } session)
        {
            return none!;
        }

        var message = session.Message(request);
        message.Content = body;
        var (answer, failure) = await registry.AskAsync(message, request.BodyBytesMax, cancel);
        if (answer is null || await RenewedAsync(session, request, answer, cancel) is not { } renewal)
        {
            return answer ?? (Fetched<UpstreamAnswer>)NoAnswer(failure!);
        }

        answer.Dispose();
        return renewal.Failure ?? new FetchFailure(
            FetchError.Unreachable, $"The registry {session.Address} refused the token while it was sent a layer: send it again.");
    }

    /// <summary>The session, after the registry has taken what it is shown with a question that has no body.</summary>
    private async ValueTask<(Session?, FetchFailure?)> ProveAsync(Session unproven, RegistryRequest request, CancellationToken cancel)
    {
        if (_proofs.IsNearlyOver(unproven.Shown))
        {
            var over = new RegistryRefusal(unproven.Address, request.Method, 401, ErrorBody.None, Challenge: null);
            await auth.RenewAsync(request.Scope, unproven.Shown, over, cancel); // in vain where nobody gives another one
        }

        var ping = new RegistryRequest(HttpMethod.Get, "/v2/", request.Scope)
        {
            BodyBytesMax = ErrorBody.BytesMax,
            ProvesCredential = true,
        };
        var (pong, silence) = await AskAsync(ping, cancel);
        if (pong is null)
        {
            return (null, silence);
        }

        pong.Dispose(); // whatever it says: the body's own request hears it too
        return await SessionAsync(request.Scope, cancel);
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
        // What a client brings back to the registry is the registry's own text, down to how it spells a character.
        private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

        public HttpRequestMessage Message(RegistryRequest request)
        {
            // Joined as text: resolved as a reference, a path that begins with two slashes would name another host.
            var address = new Uri(Address.Root.GetLeftPart(UriPartial.Authority) + request.PathAndQuery + Namespace(request), AsWritten);
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

        private string Namespace(RegistryRequest request) => Options.Namespace is not { } ns
            ? ""
            : (request.PathAndQuery.Contains('?', StringComparison.Ordinal) ? "&ns=" : "?ns=") + Uri.EscapeDataString(ns);
    }
}
