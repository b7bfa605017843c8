
namespace FastEcrProxy.FunctionalTests.Proxy;

/// <summary>A client without manners of its own: one request, the answer as it came.</summary>
internal sealed class PullClient : IDisposable
{
    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    /// <summary>Sends a request; returns when the headers are there.</summary>
    public async Task<HttpResponseMessage> SendAsync(HttpMethod method, string url, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(method, url);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    public Task<HttpResponseMessage> GetAsync(string url, params (string Name, string Value)[] headers) =>
        SendAsync(HttpMethod.Get, url, headers);

    /// <summary>The whole body, which must be whole.</summary>
    public async Task<byte[]> GetBytesAsync(string url, params (string Name, string Value)[] headers)
    {
        using var answer = await GetAsync(url, headers);
        var body = await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        Assert.True(answer.IsSuccessStatusCode, $"{url}: {(int)answer.StatusCode} {System.Text.Encoding.UTF8.GetString(body)}");
        return body;
    }

    public void Dispose() => _http.Dispose();
}
