using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using FastEcrProxy.Ecr;
using FastEcrProxy.Observability;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Server;

/// <summary>
/// The way to the registry, tried step by step as <c>serve</c> goes it: credentials, Region, token, registry. Without
/// credentials there is no token to ask for; the registry is asked all the same, since its name or network may be wrong too.
/// </summary>
internal sealed class UpstreamCheck(ProxySettings settings, AwsCredentials credentials, IEcrApi ecr, TimeProvider time)
{
    public async IAsyncEnumerable<CheckLine> RunAsync([EnumeratorCancellation] CancellationToken cancel)
    {
        EcrToken? token = null;
        if (settings.Upstream.UsesEcrToken)
        {
            var (credentialsLine, found) = await FindCredentialsAsync(cancel);
            yield return credentialsLine;
            if (found)
            {
                (var tokenLine, token) = await GetTokenAsync(cancel);
                yield return tokenLine;
            }

            if (token is null && RegistryAddress.Of(settings.Upstream, token?.Registry) is null)
            {
                yield break; // only AWS could have named it, and why it did not has been said
            }
        }

        yield return await AskRegistryAsync(token, cancel);
    }

    /// <summary>What is good about a token: never the token.</summary>
    internal static CheckLine TokenLine(EcrToken token, DateTimeOffset now) =>
        CheckLine.Well($"ECR token: good until {token.ExpiresAt:u}, for {Duration.Format(Whole(token.ExpiresAt - now))}"
            + (token.Registry is null ? "" : $"; the caller's own registry is {token.Registry.Authority}"));

    private async Task<(CheckLine Line, bool Found)> FindCredentialsAsync(CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(settings.Ecr.TotalTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        try
        {
            var source = await credentials.ResolveAsync(either.Token);
            await AwsCredentials.KeysOfAsync(source, either.Token);
            return (CheckLine.Well("AWS credentials: " + await credentials.DescribeAsync(either.Token)), true);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return (NoCredentials($"none found within {Duration.Format(settings.Ecr.TotalTimeout)} (Aws.TotalTimeout)"), false);
        }
        catch (Exception error) when (error is not OperationCanceledException) // the chain throws whatever its links throw
        {
            return (NoCredentials(AwsCredentials.ReasonOf(error)), false);
        }
    }

    private async Task<(CheckLine Line, EcrToken? Token)> GetTokenAsync(CancellationToken cancel)
    {
        var (token, failure) = await ecr.GetTokenAsync(cancel);
        return token is null
            ? (CheckLine.Failed("ECR token: " + failure!.Reason), null)
            : (TokenLine(token, time.GetUtcNow()), token);
    }

    private async Task<CheckLine> AskRegistryAsync(EcrToken? token, CancellationToken cancel)
    {
        if (RegistryAddress.Of(settings.Upstream, token?.Registry) is not { } registry)
        {
            return CheckLine.Failed("registry: AWS names none for the caller; give Upstream.Host");
        }

        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        using var connections = new Connections(settings.Upstream);
        var metrics = new ProxyMetrics(services.GetRequiredService<IMeterFactory>());
        await using var tokens = new EcrTokens(ApiFor, time, NullLogger<TokenRefresher>.Instance);
        var auths = new RegistryAuths(tokens, metrics, time, NullLogger<RegistryClient>.Instance);
        var auth = settings.Upstream.UsesEcrToken && token is null
            ? NoAuth.Instance
            : auths.Of(settings.Upstream, settings.Ecr, connections);
        var client = new RegistryClient(settings.Upstream, connections, auth, metrics, time, NullLogger<RegistryClient>.Instance);
        var asked = time.GetTimestamp();
        var failure = await client.PingAsync(cancel);
        var asksForToken = failure?.Status == 401 && token is null && settings.Upstream.UsesEcrToken;
        return failure is null || asksForToken
            ? CheckLine.Well($"registry: {registry} answers, after {time.GetElapsedTime(asked).TotalMilliseconds:0} ms")
            : CheckLine.Failed("registry: " + failure.Reason);

        IEcrApi ApiFor(EcrOptions options) => token is null ? new EcrApi(options, new AwsCredentials(options)) : new TokenAtHand(token);
    }

    private static CheckLine NoCredentials(string why) =>
        CheckLine.Failed($"AWS credentials: {why}; give AWS_ACCESS_KEY_ID, AWS_PROFILE or a role");

    private static TimeSpan Whole(TimeSpan left) => TimeSpan.FromMinutes(Math.Max(0, (long)left.TotalMinutes));

    /// <summary>Gives the token that was asked for already: what is tried is one token, not two.</summary>
    private sealed class TokenAtHand(EcrToken token) : IEcrApi
    {
        public Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync(CancellationToken cancel) =>
            Task.FromResult<(EcrToken? Token, EcrFailure? Failure)>((token, null));
    }
}
