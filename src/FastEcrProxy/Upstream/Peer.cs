using System.Net;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>One kind of peer, asked once: sent, timed, counted, read as far as is wanted, and its silence put into words.</summary>
internal sealed class Peer(
    UpstreamPeer kind, HttpMessageInvoker connections, UpstreamOptions options, ProxyMetrics metrics, TimeProvider time)
{
    private const string UserAgent = "fast-ecr-proxy";

    /// <summary>
    /// The answer, with the bodies of errors read and those of good answers up to <paramref name="bodyBytesMax"/>, or left
    /// to the caller where that is null. <see cref="FetchError.CutShort"/>: the connection broke.
    /// </summary>
    /// <remarks>
    /// A pooled connection that the peer had given up is no failure: SocketsHttpHandler repeats a request without a body on
    /// another connection when the first one dies before a byte of the answer. A functional test holds it to that.
    /// </remarks>
    public ValueTask<Fetched<UpstreamAnswer>> AskAsync(HttpRequestMessage request, int? bodyBytesMax, CancellationToken cancel) =>
        AskAsync(request, bodyBytesMax, options.FirstByteTimeout, cancel);

    /// <summary>The same with a patience of its own for the head of the answer.</summary>
    /// <remarks>A body takes what it takes: its client and its connection are watched. The answer is waited for after it.</remarks>
    public async ValueTask<Fetched<UpstreamAnswer>> AskAsync(
        HttpRequestMessage request, int? bodyBytesMax, TimeSpan patience, CancellationToken cancel)
    {
        var host = request.RequestUri!.Authority;
        request.Version = HttpVersion.Version11; // S3 has nothing else, and a registry's answers are few and small
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;
        request.Headers.TryAddWithoutValidation("User-Agent", UserAgent);
        if (options.IsNamedByClient)
        {
            ClientNamedHosts.MarkRequest(request);
        }

        var (message, failure) = await SendAsync(request, patience, host, cancel);
        if (message is null)
        {
            return failure!;
        }

        Fetched<UpstreamAnswer> answer = default;
        try
        {
            return answer = await ReadAsync(message, host, bodyBytesMax, cancel);
        }
        finally
        {
            if (answer.Value is null)
            {
                message.Dispose();
            }

            if (request.Content is UploadBody { End: UploadEnd.Answered } body)
            {
                body.CloseConnection();
            }
        }
    }

    private async ValueTask<Fetched<HttpResponseMessage>> SendAsync(
        HttpRequestMessage request, TimeSpan patience, string host, CancellationToken cancel)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        var body = request.Content as UploadBody;
        body?.Begin(late);
        var start = time.GetTimestamp();
        try
        {
            var message = await connections.SendAsync(request, either.Token);
            metrics.UpstreamAnswered(kind, (int)message.StatusCode, time.GetElapsedTime(body?.EndedAt ?? start));
            message.RequestMessage ??= request;
            return message;
        }
        catch (Exception) when (body?.Trouble is { } trouble && !cancel.IsCancellationRequested)
        {
            return new FetchFailure(FetchError.Unwanted, $"The client's body broke off: {trouble}."); // the registry is not to blame
        }
        catch (Exception broken) when (broken is HttpRequestException or IOException or OperationCanceledException)
        {
            cancel.ThrowIfCancellationRequested(); // what breaks while the caller leaves is nobody's fault
            metrics.UpstreamAnswered(kind, 0, time.GetElapsedTime(body?.EndedAt ?? start));
            return NetworkFailure.Of(broken, host, options, body?.EndedAt is null ? patience : UploadBody.AnswerPatience);
        }
    }

    private async ValueTask<Fetched<UpstreamAnswer>> ReadAsync(
        HttpResponseMessage message, string host, int? bodyBytesMax, CancellationToken cancel)
    {
        var retryAfter = RetryAfter.Of(message, time);
        if ((int)message.StatusCode >= UpstreamAnswer.ErrorStatusMin)
        {
            var said = await ReadErrorAsync(message, cancel);
            return new UpstreamAnswer(kind, host, message, said, ErrorBody.Parse(said), retryAfter);
        }

        if (bodyBytesMax is not { } limit || !message.IsSuccessStatusCode)
        {
            return new UpstreamAnswer(kind, host, message, default, ErrorBody.None, retryAfter);
        }

        try
        {
            using var body = await UpstreamBody.OfAsync(message, message.Content.Headers.ContentLength, options.IdleTimeout, time, cancel);
            if (await SmallBody.ReadAsync(body, message.Content.Headers.ContentLength, limit, cancel) is not { } bytes)
            {
                return new FetchFailure(FetchError.BadAnswer, $"{host} sends more than {limit} bytes where a small answer belongs.");
            }

            metrics.UpstreamBytes(bytes.Length);
            return new UpstreamAnswer(kind, host, message, bytes, ErrorBody.None, retryAfter);
        }
        catch (IOException cut)
        {
            return new FetchFailure(FetchError.CutShort, $"The answer of {host} ended early: {cut.Message}");
        }
    }

    /// <summary>What an error says. A body that cannot be read takes nothing from the status.</summary>
    private async ValueTask<ReadOnlyMemory<byte>> ReadErrorAsync(HttpResponseMessage message, CancellationToken cancel)
    {
        if (message.RequestMessage?.Method == HttpMethod.Head)
        {
            return default; // a Content-Length there speaks of a body that is not sent
        }

        try
        {
            using var body = await UpstreamBody.OfAsync(message, null, options.IdleTimeout, time, cancel);
            return await SmallBody.ReadAsync(body, null, ErrorBody.BytesMax, cancel) ?? default;
        }
        catch (IOException)
        {
            return default;
        }
    }
}
