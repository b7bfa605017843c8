using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Layers on their way into one registry, in the words of the distribution API. Every failure is a value, and is logged once,
/// here.
/// </summary>
/// <remarks>
/// A body is sent once: never repeated, never to another registry, since an upload belongs to the one that began it. What has no
/// body may be asked again with another token, and a beginning also where the registry stumbled: an upload too many is nobody's.
/// </remarks>
/// <param name="exchange">With the registry.</param>
/// <param name="repositories">Makes a repository that is missing; null: it stays missing.</param>
/// <param name="logger">Failures, once each.</param>
internal sealed class RegistryUploads(RegistryExchange exchange, RepositoryCreator? repositories, ILogger logger)
{
    /// <summary>Begins an upload, or mounts a layer that another repository has.</summary>
    public async ValueTask<Fetched<UploadReply>> StartAsync(Repository repository, UploadStart start, CancellationToken cancel)
    {
        var query = QueryText.Of(
            ("mount", start.Mount?.ToString()), ("from", start.From?.ToString()), ("digest-algorithm", start.Algorithm));
        var request = Request(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/{query}", repository) with
        {
            Scope = RegistryScope.Push(repository, start.From),
        };
        var (answer, failure) = await exchange.AskAsync(request, cancel);
        if (await MakeIfMissingAsync(repository, answer, cancel) is { } made)
        {
            answer!.Dispose();
            (answer, failure) = made.Failure is { } unmade ? unmade : await exchange.AskAsync(request, cancel);
        }

        using (answer)
        {
            var what = $"an upload to {repository}";
            return answer is { Status: 201 }
                ? new UploadReply(null as UploadSession) { IsCreated = true }
                : Reported(Began(answer, failure, repository), what);
        }
    }

    /// <summary>Sends a whole layer with one request. The registry may begin an upload instead; the layer is sent again then.</summary>
    /// <param name="repository">Where it belongs.</param>
    /// <param name="digest">What it is.</param>
    /// <param name="body">All of it; null: it is empty.</param>
    /// <param name="cancel">Ends the exchange.</param>
    public async ValueTask<Fetched<UploadReply>> SendWholeAsync(
        Repository repository, Digest digest, UploadBody? body, CancellationToken cancel)
    {
        var what = $"layer {repository}@{digest}";
        var path = $"/v2/{repository}/blobs/uploads/{QueryText.Of(("digest", digest.ToString()))}";
        var request = Request(HttpMethod.Post, path, repository);
        var (answer, failure) = await SendAsync(request, body, cancel);
        using (answer)
        {
            if (await MakeIfMissingAsync(repository, answer, cancel) is { } made)
            {
                return Reported(
                    made.Failure ?? new FetchFailure(FetchError.Unreachable, $"{repository} was missing and has been made: send it again."),
                    what);
            }

            return answer is { Status: 200 or 201 or 204 }
                ? new UploadReply(null as UploadSession) { IsCreated = answer.Status == 201 }
                : Reported(Began(answer, failure, repository), what);
        }
    }

    /// <summary>Sends bytes to an upload.</summary>
    /// <param name="repository">Where the upload is.</param>
    /// <param name="session">Which one, with the query that the client brought back.</param>
    /// <param name="body">The bytes, with the headers that the client gave them; null: there are none.</param>
    /// <param name="cancel">Ends the exchange.</param>
    public async ValueTask<Fetched<UploadReply>> AppendAsync(
        Repository repository, UploadSession session, UploadBody? body, CancellationToken cancel)
    {
        var what = Name(repository, session);
        var (answer, failure) = await SendAsync(Request(HttpMethod.Patch, session.PathIn(repository), repository), body, cancel);
        using (answer)
        {
            if (answer is { Status: < 300 } && body?.End is UploadEnd.Answered)
            {
                return Reported(
                    new FetchFailure(FetchError.BadAnswer, $"{answer.Host} says {answer.Status} to {what} before it had all of it."), what);
            }

            return Reported(answer is null ? failure! : Goes(answer, repository, session, what), what);
        }
    }

    /// <summary>Ends an upload: from here on the bytes are a layer.</summary>
    /// <param name="repository">Where the upload is.</param>
    /// <param name="session">Which one; its query says the digest, as the client wrote it.</param>
    /// <param name="body">The last bytes; null: there are none.</param>
    /// <param name="cancel">Ends the exchange.</param>
    public async ValueTask<Fetched<UploadReply>> FinishAsync(
        Repository repository, UploadSession session, UploadBody? body, CancellationToken cancel)
    {
        var what = Name(repository, session);
        var (answer, failure) = await SendAsync(Request(HttpMethod.Put, session.PathIn(repository), repository), body, cancel);
        using (answer)
        {
            return answer is { Status: >= 200 and < 300 }
                ? new UploadReply(null as UploadSession) { IsCreated = answer.Status == 201 }
                : Reported(answer?.ToFailure(what) ?? failure!, what);
        }
    }

    /// <summary>How far an upload is.</summary>
    public async ValueTask<Fetched<UploadReply>> StatusAsync(Repository repository, UploadSession session, CancellationToken cancel)
    {
        var what = Name(repository, session);
        var (answer, failure) = await exchange.AskAsync(Request(HttpMethod.Get, session.PathIn(repository), repository), cancel);
        using (answer)
        {
            return Reported(answer is null ? failure! : Goes(answer, repository, session, what), what);
        }
    }

    /// <summary>Gives an upload up. Null: the registry has forgotten it.</summary>
    public async ValueTask<FetchFailure?> CancelAsync(Repository repository, UploadSession session, CancellationToken cancel)
    {
        var what = Name(repository, session);
        var request = Request(HttpMethod.Delete, session.PathIn(repository), repository) with { IsOnce = true };
        var (answer, failure) = await exchange.AskAsync(request, cancel);
        using (answer)
        {
            return answer is { Status: >= 200 and < 300 } ? null : UploadLog(answer?.ToFailure(what) ?? failure!, what);
        }
    }

    private static RegistryRequest Request(HttpMethod method, string pathAndQuery, Repository repository) =>
        new(method, pathAndQuery, RegistryScope.Push(repository))
        {
            BodyBytesMax = ErrorBody.BytesMax, // good answers have none that matters; read, so that the connection can be used again
            ProvesCredential = true,
        };

    private static string Name(Repository repository, UploadSession session) => $"upload {session.Id} to {repository}";

    private ValueTask<Fetched<UpstreamAnswer>> SendAsync(RegistryRequest request, UploadBody? body, CancellationToken cancel) =>
        body is null
            ? exchange.AskAsync(request with { IsOnce = true, Patience = UploadBody.AnswerPatience }, cancel)
            : exchange.SendAsync(request, body, cancel);

    /// <summary>The registry's answer about an upload that goes on.</summary>
    /// <param name="answer">Its status may be any good one: ECR says 201 where 202 is meant.</param>
    /// <param name="repository">Where the upload has to be.</param>
    /// <param name="same">The upload as it was asked about, for answers that name none; null: they have to.</param>
    /// <param name="what">For sentences.</param>
    private Fetched<UploadReply> Goes(UpstreamAnswer answer, Repository repository, UploadSession? same, string what)
    {
        if (answer.Status is not (200 or 201 or 202 or 204))
        {
            return answer.ToFailure(what);
        }

        if (same is null || answer.Header("Location") is not null)
        {
            (same, var failure) = UploadSession.Of(answer, exchange.Address!, repository);
            if (same is null)
            {
                return failure!;
            }
        }

        return new UploadReply(same)
        {
            // 0-0 is what registries say of no bytes, and of one.
            ReceivedBytes = ChunkRange.TryParse(answer.Header("Range"), out var range) && range.Last > 0 ? range.Last + 1 : null,
            Id = answer.Header("Docker-Upload-UUID"),
            ChunkLengthLeast = answer.Header("OCI-Chunk-Min-Length"),
        };
    }

    private Fetched<UploadReply> Began(UpstreamAnswer? answer, FetchFailure? failure, Repository repository)
    {
        var began = answer is null ? failure! : Goes(answer, repository, null, $"repository {repository}");
        return began.Failure is { Error: FetchError.NotFound } missing
            ? missing with { Reason = $"{missing.Reason} Make it first, or let the proxy make it: CreateRepositories of the rule does." }
            : began;
    }

    /// <summary>Null: nothing was missing, or nobody may make it.</summary>
    private async ValueTask<RepositoryMade?> MakeIfMissingAsync(Repository repository, UpstreamAnswer? answer, CancellationToken cancel) =>
        repositories is not null && answer is { Status: 404, Error.Code: null or "NAME_UNKNOWN" }
            ? new RepositoryMade(await repositories.MakeAsync(repository, cancel))
            : null;

    private FetchFailure UploadLog(FetchFailure failure, string what) => UpstreamLog.Report(logger, what, failure);

    private Fetched<UploadReply> Reported(Fetched<UploadReply> fetched, string what) =>
        fetched.Failure is { } failure ? UploadLog(failure, what) : fetched;

    /// <summary>That a missing repository was to be made, and why it was not.</summary>
    private readonly record struct RepositoryMade(FetchFailure? Failure);
}
