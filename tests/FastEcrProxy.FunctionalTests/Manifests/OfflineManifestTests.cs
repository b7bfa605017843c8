using System.Globalization;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Manifests;

/// <summary>The registry cannot be asked: the last known answer stands in, marked as such; what is not known is refused at once.</summary>
public sealed class OfflineManifestTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly byte[] Manifest = "{\"n\":1}"u8.ToArray();

    [Theory]
    [InlineData("dark")]
    [InlineData("hangs")]
    [InlineData("500")]
    [InlineData("503")]
    [InlineData("429")]
    [InlineData("no token")]
    public async Task KnownTag_IsAnsweredWithAWarning(string trouble)
    {
        var clock = new MovedClock();
        await using var proxy = await ProxyUnderTest.StartAsync(new LocalEcrOptions { Clock = clock }, time: clock);
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        clock.Move(TimeSpan.FromHours(1)); // a token that came just now would not be suspected of being too old
        await BreakAsync(proxy, trouble);
        using var get = await AskAsync(HttpMethod.Get);
        using var head = await AskAsync(HttpMethod.Head);

        Assert.Equal(Manifest, await get.BytesAsync());
        Assert.All([get, head], answer =>
        {
            Assert.Equal(200, answer.Status);
            Assert.Equal("110 - \"Response is Stale\"", answer.Header("Warning"));
            Assert.Equal(digest, answer.Header("Docker-Content-Digest"));
            Assert.Equal(ImageType, answer.Header("Content-Type"));
            Assert.Equal($"{Manifest.Length}", answer.Header("Content-Length"));
        });
        await proxy.StopAsync(); // a request's line is written when it is over
        Assert.Equal(2, proxy.Log.Lines.Count(line => line.Contains("/v2/team/app/manifests/v1 200 Stale ", StringComparison.Ordinal)));

        Task<HttpResponseMessage> AskAsync(HttpMethod method) => AnswerAsync(
            client.SendAsync(method, $"{proxy.Url}/v2/team/app/manifests/v1"), trouble, clock);
    }

    [Theory]
    [InlineData("dark", 503, "UNAVAILABLE")]
    [InlineData("hangs", 503, "UNAVAILABLE")]
    [InlineData("500", 503, "UNAVAILABLE")]
    [InlineData("503", 503, "UNAVAILABLE")]
    [InlineData("429", 429, "TOOMANYREQUESTS")]
    [InlineData("no token", 503, "UNAVAILABLE")]
    public async Task UnknownTag_IsRefusedWithoutAStorm(string trouble, int status, string code)
    {
        var clock = new MovedClock();
        await using var proxy = await ProxyUnderTest.StartAsync(new LocalEcrOptions { Clock = clock }, time: clock);
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        clock.Move(TimeSpan.FromHours(1)); // a token that came just now would not be suspected of being too old
        await BreakAsync(proxy, trouble);
        proxy.Region.Counters.Reset();

        using var answer = await AnswerAsync(client.GetAsync($"{proxy.Url}/v2/team/app/manifests/other"), trouble, clock);
        var error = await answer.ErrorAsync();

        Assert.Equal((status, code), (error.Status, error.Code));
        Assert.InRange(proxy.Region.Counters.Requests(RequestKind.AnyRegistry), 0, 2);
        Assert.InRange(proxy.Region.Counters.Requests(RequestKind.AnyControlPlane), 0, 1);
        Assert.Equal(status == 429, answer.Header("Retry-After") is not null);
    }

    [Fact]
    public async Task AnswerOlderThanStaleIfError_IsNotGiven()
    {
        var clock = new MovedClock();
        await using var proxy = await ProxyUnderTest.StartAsync(new LocalEcrOptions { Clock = clock }, time: clock);
        using var client = new PullClient();
        var digest = proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);

        clock.Move(TimeSpan.FromDays(7) - TimeSpan.FromHours(1));
        using var lastHour = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        clock.Move(TimeSpan.FromHours(2));
        using var tooOld = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var byDigest = await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/{digest}");

        Assert.Equal(200, lastHour.Status);
        Assert.Equal("UNAVAILABLE", (await tooOld.ErrorAsync()).Code);
        Assert.Equal(503, tooOld.Status);
        Assert.Equal(Manifest, byDigest);
    }

    [Fact]
    public async Task AfterARestart_TagAndDigestAreStillAnswered()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var image = SampleImage.Build();
        image.PutInto(proxy.Region.Content, "team/app", "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1", ("Accept", image.IndexMediaType));
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/{image.Platforms[0].Digest}");

        await proxy.StopAsync();
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        await proxy.Region.Faults.GoDarkAsync(OriginName.ControlPlane);
        await proxy.StartAgainAsync();
        using var byTag = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1", ("Accept", image.IndexMediaType));
        using var byDigest = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/{image.Platforms[0].Digest}");

        Assert.Equal(image.Index.ToArray(), await byTag.BytesAsync());
        Assert.Equal(image.IndexMediaType, byTag.Header("Content-Type"));
        Assert.NotNull(byTag.Header("Warning"));
        Assert.Equal(image.Platforms[0].Manifest.ToArray(), await byDigest.BytesAsync());
        Assert.Null(byDigest.Header("Warning"));
    }

    [Fact]
    public async Task RegistryThatComesBack_IsAskedAgain()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutManifest("team/app", Manifest, ImageType, "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "v1");

        await proxy.Region.Faults.ComeBackAsync(OriginName.Registry, TestContext.Current.CancellationToken);
        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal("{}"u8.ToArray(), await answer.BytesAsync());
        Assert.Null(answer.Header("Warning"));
    }

    /// <summary>The answer to a request; of a registry that hangs the time runs out meanwhile.</summary>
    private static async Task<HttpResponseMessage> AnswerAsync(Task<HttpResponseMessage> asking, string trouble, MovedClock clock)
    {
        if (trouble == "hangs")
        {
            await Until.TrueAsync(() => clock.EndWaitsOf(ProxyUnderTest.Patience) == 1);
        }

        return await asking;
    }

    private static async Task BreakAsync(ProxyUnderTest proxy, string trouble)
    {
        var faults = proxy.Region.Faults;
        switch (trouble)
        {
            case "dark":
                await faults.GoDarkAsync(OriginName.Registry);
                break;
            case "hangs":
                faults.Hang(RequestKind.AnyManifest);
                break;
            case "no token":
                faults.ExpireAllTokens();
                faults.DenyIam(RequestKind.GetAuthorizationToken);
                break;
            default:
                faults.Answer(RequestKind.AnyManifest, int.Parse(trouble, CultureInfo.InvariantCulture), Faults.Always);
                break;
        }
    }
}
