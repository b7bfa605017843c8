using Amazon.Runtime;

namespace FastEcrProxy.Ecr;

/// <summary>Makes repositories. What the SDK throws ends here and becomes a value.</summary>
internal sealed class EcrRepositories(EcrOptions options)
{
    private const string Operation = "ecr:CreateRepository";

    private static readonly EcrFailures Failures = new(Operation, Operation);

    private readonly EcrClients _clients = new(options, new AwsCredentials(options), Failures);

    /// <summary>Makes a repository. Null: it is there now, whoever made it.</summary>
    /// <param name="name">As the registry is to call it.</param>
    /// <param name="account">Whose registry; null: the caller's own.</param>
    /// <param name="settings">How it is made.</param>
    /// <param name="cancel">Ends the wait.</param>
    public async Task<EcrFailure?> CreateAsync(string name, string? account, RepositoryCreation settings, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(options.TotalTimeout);

        var (client, none) = await _clients.OpenAsync(limit.Token);
        cancel.ThrowIfCancellationRequested();
        if (client is null)
        {
            return none;
        }

        using (client)
        {
            var failure = await CreateAsync(client, RepositoryRequest.Of(name, account, settings), limit.Token);
            cancel.ThrowIfCancellationRequested();
            return failure;
        }
    }

    private async Task<EcrFailure?> CreateAsync(EcrClient client, RepositoryRequest request, CancellationToken limit)
    {
        try
        {
            await client.CallAsync(
                "CreateRepository", request, EcrJson.Default.RepositoryRequest, EcrJson.Default.RepositoryAnswer, limit).WaitAsync(limit);
            return null;
        }
        catch (OperationCanceledException) // by our limit or by the SDK's own
        {
            return Failures.TimedOut(client.Endpoint, options.TotalTimeout);
        }
        catch (AmazonServiceException error) when (error.ErrorCode == "RepositoryAlreadyExistsException")
        {
            return null; // somebody was faster
        }
        catch (Exception error) // the SDK passes on what its parts throw: sockets, TLS, parsers, its own two kinds
        {
            return Said(error, client.Endpoint);
        }
    }

    /// <summary>With ECR's own words where it does not like the repository: a quota, a key, a tag.</summary>
    private static EcrFailure Said(Exception error, string endpoint)
    {
        // The SDK takes a quota for throttling; waiting does not help.
        var isQuota = error is AmazonServiceException { ErrorCode: "LimitExceededException" };
        var failure = isQuota ? Failures.BadAnswer(endpoint, "LimitExceededException") : Failures.FromCall(error, endpoint);
        return failure.Error is EcrError.BadAnswer && error is AmazonServiceException { Message.Length: > 0 }
            ? failure with { Reason = $"{failure.Reason}: {EcrFailures.OneLine(error.Message)}" }
            : failure;
    }
}
