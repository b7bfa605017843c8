namespace FastEcrProxy.Ecr;

/// <summary>Asks AWS for tokens. What the SDK throws ends here and becomes a value.</summary>
internal sealed class EcrApi(EcrOptions options, AwsCredentials credentials) : IEcrApi
{
    private readonly EcrFailures _failures = new(options.Service);
    private readonly EcrClients _clients = new(options, credentials, new EcrFailures(options.Service));

    /// <inheritdoc/>
    public async Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.TotalTimeout);

        var (client, failure) = await _clients.OpenAsync(limit.Token);
        cancel.ThrowIfCancellationRequested();
        if (client is null)
        {
            return (null, failure);
        }

        using (client)
        {
            var answer = await AskAsync(client, limit.Token);
            cancel.ThrowIfCancellationRequested();
            return answer;
        }
    }

    private async Task<(EcrToken? Token, EcrFailure? Failure)> AskAsync(EcrClient client, CancellationToken limit)
    {
        try
        {
            var data = await AuthorizationAsync(client, limit).WaitAsync(limit); // the SDK reads bodies without looking at the limit
            return TokenIn(data, client.Endpoint);
        }
        catch (OperationCanceledException) // by our limit or by the SDK's own
        {
            return (null, _failures.TimedOut(client.Endpoint, options.TotalTimeout));
        }
        catch (Exception error) // the SDK passes on what its parts throw: sockets, TLS, parsers, its own two kinds
        {
            return (null, _failures.FromCall(error, client.Endpoint));
        }
    }

    private static async Task<AuthorizationData?> AuthorizationAsync(EcrClient client, CancellationToken limit)
    {
        const string Operation = "GetAuthorizationToken";
        var request = new TokenRequest();
        if (client.Service == EcrService.Public)
        {
            var one = await client.CallAsync(
                Operation, request, EcrJson.Default.TokenRequest, EcrJson.Default.PublicTokenAnswer, limit);
            return one.AuthorizationData;
        }

        var answer = await client.CallAsync(Operation, request, EcrJson.Default.TokenRequest, EcrJson.Default.TokenAnswer, limit);
        return answer.AuthorizationData is [var first, ..] ? first : null;
    }

    private (EcrToken? Token, EcrFailure? Failure) TokenIn(AuthorizationData? data, string endpoint)
    {
        if (data is not { AuthorizationToken: { Length: > 0 } secret, ExpiresAt: { } seconds })
        {
            return (null, _failures.BadAnswer(endpoint, "the answer has no token or no expiry in it"));
        }

        if (secret.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return (null, _failures.BadAnswer(endpoint, "the token has characters that no header may carry"));
        }

        if (!(seconds >= 0 && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()))
        {
            return (null, _failures.BadAnswer(endpoint, "the expiry of the token is no time"));
        }

        var registry = Uri.TryCreate(data.ProxyEndpoint, UriKind.Absolute, out var uri) ? uri : null;
        var expiresAt = DateTimeOffset.UnixEpoch.AddMilliseconds(seconds * 1000);
        return (new EcrToken("Basic " + secret, expiresAt, registry), null);
    }
}
