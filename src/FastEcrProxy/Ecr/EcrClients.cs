using Amazon.Runtime;

namespace FastEcrProxy.Ecr;

/// <summary>Makes clients of ECR's API, each for one call: keys and Region are looked up for each, connections are shared.</summary>
/// <param name="options">Which AWS, and as whom.</param>
/// <param name="credentials">Finds keys and Region.</param>
/// <param name="failures">What is said where there are none.</param>
internal sealed class EcrClients(EcrOptions options, AwsCredentials credentials, EcrFailures failures)
{
    private readonly EcrConnections _connections = new(options);

    /// <summary>Finds the Region and keys to sign with: what fails here is not ECR's fault.</summary>
    public async Task<(EcrClient? Client, EcrFailure? Failure)> OpenAsync(CancellationToken limit)
    {
        try
        {
            var (source, none) = await FindKeysAsync(limit);
            return (source, await credentials.RegionAsync(limit)) switch
            {
                (null, null) => (null, failures.NoCredentialsAndNoRegion(none!)),
                (null, _) => (null, none),
                (_, null) => (null, failures.NoRegion()),
                ({ } keys, { } region) => (new EcrClient(keys, new EcrConfig(options, region, _connections)), null),
            };
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return (null, failures.NoCredentialsInTime(options.TotalTimeout));
        }
        catch (Exception error) // a Region that cannot be looked up, or that no endpoint can be made of
        {
            return (null, failures.NoCredentials(error));
        }
    }

    private async Task<(AWSCredentials? Source, EcrFailure? Failure)> FindKeysAsync(CancellationToken limit)
    {
        try
        {
            var source = await credentials.ResolveAsync(limit);
            await AwsCredentials.KeysOfAsync(source, limit);
            return (source, null);
        }
        catch (Exception error) when (!limit.IsCancellationRequested) // the chain throws whatever its links throw: files, sockets, …
        {
            return (null, failures.NoCredentials(error));
        }
    }
}
