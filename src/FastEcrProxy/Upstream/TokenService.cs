using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Where a registry sends for tokens. A registry that could send the proxy anywhere could have it read the machine's metadata
/// service, or hand the operator's password to a stranger: only the registry itself and hosts that the operator names are asked.
/// </summary>
/// <param name="options">Which registry, what hosts besides, and how patiently.</param>
/// <param name="peer">How the service is reached.</param>
/// <param name="credentials">What it is shown.</param>
/// <param name="time">The clock of pauses.</param>
/// <param name="logger">Refused credentials.</param>
internal sealed class TokenService(UpstreamOptions options, Peer peer, IRegistryAuth credentials, TimeProvider time, ILogger logger)
{
    private const int RealmLengthMax = 2048;

    /// <summary>The address of a realm, or why it is not asked.</summary>
    /// <param name="realm">As the registry's challenge has it.</param>
    /// <param name="registry">Whose challenge it is.</param>
    public Fetched<Uri> Check(string? realm, RegistryAddress registry)
    {
        if (Read(realm) is not { } address)
        {
            return new FetchFailure(
                FetchError.BadAnswer, $"The registry {registry} asks for a token, but gives no address where one is to be had.");
        }

        if (address.UserInfo.Length > 0 || !IsSchemeAllowed(address))
        {
            return new FetchFailure(
                FetchError.BadAnswer,
                $"The registry {registry} sends for tokens to {address.Authority}, which is not allowed: it has to be https, "
                + "without user name.");
        }

        return registry.Owns(address) || NamedHosts.Contains(options.Auth.AllowedTokenHosts, address)
            ? address
            : new FetchFailure(
                FetchError.BadAnswer,
                $"The registry {registry} sends for tokens to {address.Authority}, which is not allowed; AllowedTokenHosts allows it.");
    }

    /// <summary>A token, or why there is none. Redirects are not followed: whoever answers sees the credentials.</summary>
    public async Task<Fetched<BearerToken>> AskAsync(TokenQuestion question, CancellationToken cancel)
    {
        // What is said to another proxy of ours about its names and its cache is not said to a token host.
        var service = options with
        {
            Host = null, Endpoint = question.Realm, CalledAs = null, Namespace = null, TakesNothingStale = false,
        };
        var exchange = new RegistryExchange(service, peer, credentials, time, logger);
        var request = new RegistryRequest(HttpMethod.Get, question.PathAndQuery, RegistryScope.Ping)
        {
            BodyBytesMax = BearerToken.AnswerBytesMax,
        };
        var (answer, failure) = await exchange.AskAsync(request, cancel);
        using (answer)
        {
            return answer switch
            {
                null => failure! with { Reason = $"No token from {question.Realm.Authority}: {failure.Reason}" },
                { Status: 200 } => BearerToken.Read(answer.Bytes, answer.Host),
                { Status: 401 } when credentials is not NoAuth =>
                    // As with a password that is not there: what is cached can be served.
                    answer.ToFailure(question.ToString()) with { Error = FetchError.Unreachable },
                _ => answer.ToFailure(question.ToString()),
            };
        }
    }

    /// <summary>In the clear only where the operator has spelled the registry out that way.</summary>
    private bool IsSchemeAllowed(Uri address) =>
        address.Scheme == Uri.UriSchemeHttps
        || (address.Scheme == Uri.UriSchemeHttp && options.Endpoint?.Scheme == Uri.UriSchemeHttp);

    private static Uri? Read(string? realm)
    {
        if (realm is not { Length: > 0 and <= RealmLengthMax } || realm.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            return null; // a space or a line break would end the request line that it is written into
        }

        // On Unix a path alone counts as an absolute file name, so the scheme is asked for.
        var isAbsolute = realm.StartsWith("http:", StringComparison.OrdinalIgnoreCase)
            || realm.StartsWith("https:", StringComparison.OrdinalIgnoreCase);
        return isAbsolute && Uri.TryCreate(realm, UriKind.Absolute, out var address) ? address : null;
    }
}
