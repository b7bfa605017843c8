using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

/// <summary>A client of LocalEcr that follows nothing by itself and signs API calls independently of it.</summary>
internal sealed class EcrAsker : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        SslOptions = new() { RemoteCertificateValidationCallback = (_, _, _, _) => true },
    });

    public static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _http.Dispose();

    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, Uri address, RegistryToken? token = null, string? range = null, params string[] accept)
    {
        var request = new HttpRequestMessage(method, address);
        if (token is not null)
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Basic", token.Authorization);
        }

        if (range is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("Range", range));
        }

        Assert.All(accept, type => request.Headers.Accept.ParseAdd(type));
        return _http.SendAsync(request, Cancel);
    }

    public Task<HttpResponseMessage> GetAsync(
        LocalRegion region, string path, RegistryToken? token = null, params string[] accept) =>
        SendAsync(HttpMethod.Get, new Uri(region.Registry, path), token, null, accept);

    /// <summary>The signed layer URL that the registry redirects a blob request to.</summary>
    public async Task<Uri> ResolveAsync(LocalRegion region, string repository, string digest)
    {
        using var response = await GetAsync(region, $"/v2/{repository}/blobs/{digest}", region.MintToken());
        Assert.Equal(307, (int)response.StatusCode);
        return response.Headers.Location!;
    }

    public async Task<byte[]> LayerAsync(LocalRegion region, string repository, string digest)
    {
        using var response = await SendAsync(HttpMethod.Get, await ResolveAsync(region, repository, digest));
        return await response.Content.ReadAsByteArrayAsync(Cancel);
    }

    /// <summary>A signed call of the AWS API, by the published steps of Signature Version 4.</summary>
    public Task<HttpResponseMessage> CallAsync(
        LocalRegion region,
        string operation,
        string body,
        LocalEcrOptions credentials,
        DateTimeOffset? signedAt = null,
        string service = "ecr")
    {
        var at = (signedAt ?? TimeProvider.System.GetUtcNow()).UtcDateTime;
        var date = at.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{date[..8]}/{region.Name}/{service}/aws4_request";
        var target = $"{(service == "ecr" ? "AmazonEC2ContainerRegistry_V20150921" : "SpencerFrontendService")}.{operation}";
        const string signedHeaders = "content-type;host;x-amz-date;x-amz-target";
        var bodyHash = Hex(SHA256.HashData(Encoding.UTF8.GetBytes(body)));
        var canonical = $"POST\n/\n\ncontent-type:application/x-amz-json-1.1\nhost:{region.ControlPlane.Authority}\n"
            + $"x-amz-date:{date}\nx-amz-target:{target}\n\n{signedHeaders}\n{bodyHash}";
        var toSign = $"AWS4-HMAC-SHA256\n{date}\n{scope}\n{Hex(SHA256.HashData(Encoding.UTF8.GetBytes(canonical)))}";
        var key = Hmac(
            Hmac(Hmac(Hmac(Encoding.UTF8.GetBytes("AWS4" + credentials.SecretAccessKey), date[..8]), region.Name), service),
            "aws4_request");

        var request = new HttpRequestMessage(HttpMethod.Post, region.ControlPlane)
        {
            Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)),
        };
        request.Content.Headers.ContentType = new("application/x-amz-json-1.1");
        request.Headers.Add("X-Amz-Date", date);
        request.Headers.Add("X-Amz-Target", target);
        request.Headers.TryAddWithoutValidation(
            "Authorization",
            $"AWS4-HMAC-SHA256 Credential={credentials.AccessKeyId}/{scope}, SignedHeaders={signedHeaders}, "
            + $"Signature={Hex(Hmac(key, toSign))}");
        return _http.SendAsync(request, Cancel);
    }

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));

    private static string Hex(byte[] bytes) => Convert.ToHexStringLower(bytes);
}
