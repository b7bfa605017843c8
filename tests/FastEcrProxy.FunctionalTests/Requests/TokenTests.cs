using System.Text.RegularExpressions;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>A token that the registry refuses: renewed once, for everyone, and the request repeated once.</summary>
public sealed partial class TokenTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    [Fact]
    public async Task ExpiredToken_IsRenewedOnceAndTheRequestRepeatedOnce()
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.ExpireAllTokens();

        Assert.Equal("{}"u8.ToArray(), await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v2"));

        await AssertRenewedOnceAsync(proxy, "GET", 403);
    }

    [Fact]
    public async Task BareRefusalOfAHead_RenewsTheToken()
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.ExpireAllTokens();

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal(200, answer.Status);
        Assert.Null(answer.Header("Warning"));
        await AssertRenewedOnceAsync(proxy, "HEAD", 403);
    }

    [Theory]
    [InlineData(401, "text/plain; charset=utf-8", "Not Authorized\n")]
    [InlineData(403, "application/json", """{"errors":[{"code":"DENIED","message":"Your Authorization Token is invalid."}]}""")]
    [InlineData(400, "application/json", """{"errors":[{"code":"DENIED","message":"The authorization token has expired."}]}""")]
    public async Task OtherWordsForABadToken_RenewItToo(int status, string contentType, string body)
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.Answer(RequestKind.GetManifestByTag, status, body: body, contentType: contentType);

        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v2");

        await AssertRenewedOnceAsync(proxy, "GET", status);
    }

    [Fact]
    public async Task RefusalThatANewTokenDoesNotCure_IsDenied()
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.Answer(
            RequestKind.GetManifestByTag, 401, Faults.Always, body: "Not Authorized\n", contentType: "text/plain; charset=utf-8");

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v2");
        var error = await answer.ErrorAsync();

        Assert.Equal((403, "DENIED"), (error.Status, error.Code));
        await AssertRenewedOnceAsync(proxy, "GET", 401);
    }

    [Fact]
    public async Task ExpiredTokenUnderABlob_IsRenewedToo()
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        var blob = LayerContent.Generate(100_000);
        proxy.Region.Content.PutBlob("team/app", blob);
        proxy.Region.Faults.ExpireAllTokens();

        var bytes = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");

        Assert.Equal(blob.Length, bytes.Length);
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken));
        Assert.Equal(2, proxy.Region.Counters.Requests(RequestKind.GetBlob));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task StormOnAnExpiredToken_AsksForOneNewOne()
    {
        const int clients = 50;
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        for (var n = 0; n < clients; n++)
        {
            proxy.Region.Content.PutManifest($"team/r{n}", "{}"u8.ToArray(), ImageType, "v1");
        }

        proxy.Region.Faults.ExpireAllTokens();
        using var hang = proxy.Region.Faults.Hang(RequestKind.GetAuthorizationToken);

        var asking = Enumerable.Range(0, clients).Select(n => client.GetBytesAsync($"{proxy.Url}/v2/team/r{n}/manifests/v1")).ToList();
        await proxy.Region.Counters.WaitForAsync(RequestKind.GetManifestByTag, clients, TestContext.Current.CancellationToken);
        hang.Release();

        Assert.All(await Task.WhenAll(asking), bytes => Assert.Equal("{}"u8.ToArray(), bytes));
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken));
        Assert.Equal(2 * clients, proxy.Region.Counters.Requests(RequestKind.GetManifestByTag));
    }

    [Fact]
    public async Task TokensAndSignedAddresses_AreNeverLogged()
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        var blob = LayerContent.Generate(100_000);
        proxy.Region.Content.PutBlob("team/app", blob);
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}");
        proxy.Region.Faults.ExpireAllTokens();
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        await proxy.Region.Faults.GoDarkAsync(OriginName.ControlPlane);
        proxy.Region.Faults.ExpireAllTokens();
        using var refused = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/other");

        await proxy.StopAsync();

        Assert.All(proxy.Log.Lines, line =>
        {
            Assert.DoesNotMatch(Secret(), line);
            Assert.DoesNotContain("X-Amz-", line, StringComparison.Ordinal);
            Assert.DoesNotContain(proxy.Ecr.Options.SecretAccessKey, line, StringComparison.Ordinal);
        });
    }

    /// <summary>A proxy that has a token, and has used it: its tag v1 is known, v2 is not. Counted from here.</summary>
    private static async Task<ProxyUnderTest> StartAsync()
    {
        var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "v1", "v2");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        proxy.Region.Counters.Reset();
        return proxy;
    }

    private static async Task AssertRenewedOnceAsync(ProxyUnderTest proxy, string method, int refusal)
    {
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken));
        var asked = proxy.Region.Counters.Log.Where(entry => entry.Origin == OriginName.Registry).ToList();
        Assert.Equal([method, method], asked.Select(entry => entry.Method));
        Assert.Equal(["t1", "t2"], asked.Select(entry => entry.TokenId));
        await Until.TrueAsync(() => asked[0].Status == refusal); // noted when all of the answer has been sent
    }

    [GeneratedRegex("[A-Za-z0-9+/=_-]{150,}")] // digests have 71 characters, tokens thousands
    private static partial Regex Secret();
}
