using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>What the registry refuses, and what of it the client is told: code, reason, and how often the registry was asked.</summary>
public sealed class UpstreamErrorTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";
    private const string Digest = "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("team/app/manifests/none", "MANIFEST_UNKNOWN")]
    [InlineData("team/app/manifests/" + Digest, "MANIFEST_UNKNOWN")]
    [InlineData("team/app/blobs/" + Digest, "BLOB_UNKNOWN")]
    [InlineData("no/such/manifests/v1", "NAME_UNKNOWN")]
    [InlineData("no/such/blobs/" + Digest, "NAME_UNKNOWN")]
    public async Task WhatIsNotThere_IsAskedForOnceEachTime(string path, string code)
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();

        for (var times = 1; times <= 2; times++)
        {
            using var answer = await client.GetAsync($"{proxy.Url}/v2/{path}");
            var error = await answer.ErrorAsync();
            Assert.Equal((404, code), (error.Status, error.Code));
            Assert.Equal(times, proxy.Region.Counters.Requests(RequestKind.AnyRegistry)); // nothing is remembered of it
        }
    }

    [Theory]
    [InlineData("manifests/v1", "ecr:BatchGetImage")]
    [InlineData("manifests/" + Digest, "ecr:BatchGetImage")]
    [InlineData("blobs/" + Digest, "ecr:GetDownloadUrlForLayer")]
    [InlineData("tags/list", "ecr:ListImages")]
    [InlineData("referrers/" + Digest, "ecr:ListImageReferrers")]
    public async Task MissingPermission_NamesPrincipalAndAction(string path, string action)
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.DenyIam(RequestKind.AnyRegistry);

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/{path}");
        var error = await answer.ErrorAsync();

        Assert.Equal((403, "DENIED"), (error.Status, error.Code));
        Assert.Contains("arn:aws:sts::123456789012:assumed-role/local/session", error.Message, StringComparison.Ordinal);
        Assert.Contains($"is not authorized to perform: {action}", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
        Assert.Equal(1, proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken)); // a new token has no more rights
    }

    [Fact]
    public async Task MissingPermissionOnHead_IsSaidInTheWordsOfAGet()
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.DenyIam(RequestKind.AnyManifest);

        using var head = await client.SendAsync(HttpMethod.Head, $"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal(403, head.Status);
        Assert.InRange(proxy.Region.Counters.Requests(RequestKind.GetAuthorizationToken), 1, 2); // to HEAD, ECR does not say why
    }

    [Theory]
    [InlineData("manifests/v1", 60, "60", 1)]
    [InlineData("manifests/v1", null, "5", 2)]
    [InlineData("tags/list", 7, "7", 1)]
    public async Task Throttling_IsPassedOnWithTheTimeToWait(string path, int? wish, string told, int asked)
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.Answer(
            RequestKind.AnyRegistry, 429, Faults.Always, wish is { } seconds ? TimeSpan.FromSeconds(seconds) : null);

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/{path}");
        var error = await answer.ErrorAsync();

        Assert.Equal((429, "TOOMANYREQUESTS"), (error.Status, error.Code));
        Assert.Equal(told, answer.Header("Retry-After"));
        Assert.Equal(asked, proxy.Region.Counters.Requests(RequestKind.AnyRegistry));
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task TroubleThatPasses_IsNotSeenByTheClient(int status)
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.Answer(RequestKind.GetManifestByTag, status);

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");

        Assert.Equal(200, answer.Status);
        Assert.Equal(2, proxy.Region.Counters.Requests(RequestKind.AnyManifest));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(504)]
    public async Task TroubleThatStays_IsUnavailableAfterTwoTries(int status)
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        proxy.Region.Faults.Answer(RequestKind.GetManifestByTag, status, Faults.Always);

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var error = await answer.ErrorAsync();

        Assert.Equal((503, "UNAVAILABLE"), (error.Status, error.Code));
        Assert.Contains($"status {status}", error.Message, StringComparison.Ordinal);
        Assert.Equal(2, proxy.Region.Counters.Requests(RequestKind.AnyManifest));
    }

    [Fact]
    public async Task NameThatDnsDoesNotKnow_IsSaidAsSuch()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Upstream = settings.Upstream with { Endpoint = new Uri("http://registry.invalid/") },
        });
        using var client = new PullClient();

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var error = await answer.ErrorAsync();

        Assert.Equal((503, "UNAVAILABLE"), (error.Status, error.Code));
        Assert.StartsWith("DNS does not know registry.invalid", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RegistryThatRefusesConnections_IsSaidAsSuch()
    {
        await using var proxy = await StartAsync();
        using var client = new PullClient();
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);

        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/v1");
        var error = await answer.ErrorAsync();

        Assert.Equal((503, "UNAVAILABLE"), (error.Status, error.Code));
        Assert.StartsWith($"{proxy.Region.Registry.Authority} refuses connections", error.Message, StringComparison.Ordinal);
    }

    private static async Task<ProxyUnderTest> StartAsync()
    {
        var proxy = await ProxyUnderTest.StartAsync();
        proxy.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), ImageType, "v1");
        return proxy;
    }
}
