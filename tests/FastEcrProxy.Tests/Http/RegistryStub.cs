using System.Net;
using System.Net.Http.Headers;
using System.Text;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Http;

/// <summary>A registry in memory: what it has, what it was asked, and whether it answers.</summary>
internal sealed class RegistryStub : HttpMessageHandler
{
    /// <summary>What its manifests are, unless a test says otherwise.</summary>
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private readonly Dictionary<string, (byte[] Bytes, string MediaType, Digest? Digest)> _has = [];
    private readonly List<string> _asked = [];

    /// <summary>Answered instead of everything else, with a wait that is longer than the proxy waits itself.</summary>
    public HttpStatusCode? Refuses { get; set; }

    /// <summary>Whether nobody answers at its address.</summary>
    public bool IsDown { get; set; }

    /// <summary>The next page of every list, as in the <c>Link</c> header.</summary>
    public string? Link { get; set; }

    /// <summary>Awaited before every answer.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    /// <summary>Awaited before every answer about a blob.</summary>
    public Task BlobGate { get; set; } = Task.CompletedTask;

    public void Blob(string repository, byte[] bytes) => Blob(repository, Digest.Of(bytes), bytes);

    /// <summary>Bytes under a name that may be wrong.</summary>
    public void Blob(string repository, Digest digest, byte[] bytes) =>
        _has[$"/v2/{repository}/blobs/{digest}"] = (bytes, MediaTypes.Octets, null);

    public Digest Manifest(string repository, string tag, string json, string mediaType = ManifestType)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var digest = Digest.Of(bytes);
        _has[$"/v2/{repository}/manifests/{tag}"] = (bytes, mediaType, digest);
        _has[$"/v2/{repository}/manifests/{digest}"] = (bytes, mediaType, digest);
        return digest;
    }

    public void List(string pathAndQuery, string json, string mediaType) =>
        _has[pathAndQuery] = (Encoding.UTF8.GetBytes(json), mediaType, null);

    public void Forget(string path) => _has.Remove(path);

    /// <summary>How many questions there are that nobody has been told of yet.</summary>
    public int AskedCount
    {
        get
        {
            lock (_asked)
            {
                return _asked.Count;
            }
        }
    }

    /// <summary>What was asked since the last call, as <c>GET /v2/…</c>.</summary>
    public string[] Asked()
    {
        lock (_asked)
        {
            string[] asked = [.. _asked];
            _asked.Clear();
            return asked;
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.PathAndQuery;
        lock (_asked)
        {
            _asked.Add($"{request.Method} {path}");
        }

        await Gate.WaitAsync(cancellationToken);
        await (path.Contains("/blobs/", StringComparison.Ordinal) ? BlobGate : Task.CompletedTask).WaitAsync(cancellationToken);
        if (IsDown)
        {
            throw new HttpRequestException(HttpRequestError.ConnectionError, "connection refused");
        }

        if (Refuses is { } status)
        {
            var refusal = new HttpResponseMessage(status) { RequestMessage = request, Content = new ByteArrayContent([]) };
            refusal.Headers.RetryAfter = new RetryConditionHeaderValue(TimeSpan.FromSeconds(30));
            return refusal;
        }

        return _has.TryGetValue(path, out var found)
            ? Answer(request, found.Bytes, found.MediaType, found.Digest)
            : new HttpResponseMessage(HttpStatusCode.NotFound) { RequestMessage = request, Content = new ByteArrayContent([]) };
    }

    private HttpResponseMessage Answer(HttpRequestMessage request, byte[] bytes, string mediaType, Digest? digest)
    {
        var from = (int)(request.Headers.Range?.Ranges.Single().From ?? 0);
        if (from > 0 && from >= bytes.Length)
        {
            var past = new HttpResponseMessage(HttpStatusCode.RequestedRangeNotSatisfiable)
            {
                RequestMessage = request,
                Content = new ByteArrayContent([]),
            };
            past.Content.Headers.ContentRange = new ContentRangeHeaderValue(bytes.Length);
            return past;
        }

        var answer = new HttpResponseMessage(request.Headers.Range is null ? HttpStatusCode.OK : HttpStatusCode.PartialContent)
        {
            RequestMessage = request,
            Content = new ByteArrayContent(bytes, from, bytes.Length - from),
        };
        answer.Content.Headers.TryAddWithoutValidation("Content-Type", mediaType);
        if (request.Headers.Range is not null)
        {
            answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(from, bytes.Length - 1, bytes.Length);
        }

        if (digest is { } name)
        {
            answer.Headers.TryAddWithoutValidation("Docker-Content-Digest", name.ToString());
        }

        if (Link is not null)
        {
            answer.Headers.TryAddWithoutValidation("Link", Link);
        }

        return answer;
    }
}
