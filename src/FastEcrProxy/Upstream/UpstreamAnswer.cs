using System.Net;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>What a peer answered: the head, and the body where it was small enough to be read at once.</summary>
/// <param name="peer">Who answered.</param>
/// <param name="host">Its name for log and client.</param>
/// <param name="message">Disposed with the answer.</param>
/// <param name="bytes">The body, where it has been read.</param>
/// <param name="error">What a body with an error status says.</param>
/// <param name="retryAfter">How long the peer asked to be left alone.</param>
internal sealed class UpstreamAnswer(
    UpstreamPeer peer, string host, HttpResponseMessage message, ReadOnlyMemory<byte> bytes, ErrorBody error, TimeSpan? retryAfter)
    : IDisposable
{
    public const int ErrorStatusMin = 400;

    public UpstreamPeer Peer => peer;

    public string Host => host;

    public HttpResponseMessage Message => message;

    /// <summary>What was asked. Of a layer store it is presigned: a secret.</summary>
    public Uri Address => message.RequestMessage!.RequestUri!;

    public ReadOnlyMemory<byte> Bytes => bytes;

    public ErrorBody Error => error;

    public TimeSpan? RetryAfter => retryAfter;

    public int Status => (int)message.StatusCode;

    /// <summary>Whether it points elsewhere. 304 and the like point nowhere.</summary>
    public bool IsRedirect => message.StatusCode is HttpStatusCode.MovedPermanently or HttpStatusCode.Found
        or HttpStatusCode.SeeOther or HttpStatusCode.TemporaryRedirect or HttpStatusCode.PermanentRedirect;

    /// <summary>A header's value exactly as it was sent, or null.</summary>
    public string? Header(string name) =>
        message.Headers.NonValidated.TryGetValues(name, out var values)
        || message.Content.Headers.NonValidated.TryGetValues(name, out values)
            ? values.ToString()
            : null;

    /// <summary>The answer as the reason why something could not be had.</summary>
    /// <param name="what">What was asked for, as in <c>manifest team/app:1.0</c>.</param>
    public FetchFailure ToFailure(string what) => Verdict.Failure(this, what);

    public void Dispose() => message.Dispose();
}
