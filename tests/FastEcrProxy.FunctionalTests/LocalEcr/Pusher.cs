using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

/// <summary>A client that pushes by hand, request by request, and follows nothing by itself.</summary>
internal sealed class Pusher(Uri registry, AuthenticationHeaderValue? credentials) : IDisposable
{
    private readonly HttpMessageInvoker _http = new(
        new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });

    public Pusher(LocalRegion region)
        : this(region.Registry, new("Basic", region.MintToken().Authorization))
    {
    }

    public static string DigestOf(byte[] bytes) => "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes));

    public void Dispose() => _http.Dispose();

    /// <param name="method">What to do.</param>
    /// <param name="address">A path at the registry, or a whole URL.</param>
    /// <param name="body">Null for none.</param>
    /// <param name="contentRange">Where the body belongs in an upload.</param>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string address, HttpContent? body = null, string? contentRange = null)
    {
        var request = new HttpRequestMessage(method, new Uri(registry, address)) { Content = body };
        request.Headers.Authorization = credentials;
        if (contentRange is not null)
        {
            body!.Headers.TryAddWithoutValidation("Content-Range", contentRange);
        }

        return _http.SendAsync(request, EcrAsker.Cancel);
    }

    /// <summary>Begins an upload.</summary>
    /// <returns>Where it goes on.</returns>
    public async Task<string> StartAsync(string repository)
    {
        using var response = await SendAsync(HttpMethod.Post, $"/v2/{repository}/blobs/uploads/");
        Assert.Equal(202, (int)response.StatusCode);
        return response.Headers.Location!.OriginalString;
    }

    public Task<HttpResponseMessage> PatchAsync(string location, byte[] part, long? first = null) => SendAsync(
        HttpMethod.Patch,
        location,
        new ByteArrayContent(part),
        first is { } start ? $"{start}-{start + part.Length - 1}" : null);

    public Task<HttpResponseMessage> FinishAsync(string location, string digest, byte[]? last = null) => SendAsync(
        HttpMethod.Put,
        location + (location.Contains('?', StringComparison.Ordinal) ? '&' : '?') + "digest=" + Uri.EscapeDataString(digest),
        last is null ? null : new ByteArrayContent(last));

    /// <summary>Pushes a blob by POST and PUT.</summary>
    /// <returns>Its digest.</returns>
    public async Task<string> PushBlobAsync(string repository, byte[] bytes)
    {
        using var response = await FinishAsync(await StartAsync(repository), DigestOf(bytes), bytes);
        Assert.Equal(201, (int)response.StatusCode);
        return DigestOf(bytes);
    }

    public Task<HttpResponseMessage> PutManifestAsync(string repository, string reference, byte[] manifest, string mediaType)
    {
        var body = new ByteArrayContent(manifest);
        body.Headers.ContentType = new(mediaType);
        return SendAsync(HttpMethod.Put, $"/v2/{repository}/manifests/{reference}", body);
    }

    /// <summary>The status and the code of the first error.</summary>
    public static async Task<(int Status, string? Code)> ErrorAsync(HttpResponseMessage response)
    {
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync(EcrAsker.Cancel));
        return ((int)response.StatusCode, json.RootElement.GetProperty("errors")[0].GetProperty("code").GetString());
    }

    public static string? Header(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;
}
