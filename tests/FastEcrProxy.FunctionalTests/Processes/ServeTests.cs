using System.Text.Json;
using System.Text.RegularExpressions;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Processes;

/// <summary><c>serve</c> as an operator runs it: from the first second, through pulls, to what it leaves in the log.</summary>
public partial class ServeTests
{
    private protected virtual Executable Executable => Executable.Built;

    [Fact]
    public async Task ControlPlaneThatHangs_DelaysNeitherPortsNorHealth()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var client = new PullClient();
        using var hang = test.Region.Faults.Hang(RequestKind.GetAuthorizationToken);

        await using var proxy = await test.ServeAsync();
        using var alive = await client.GetAsync($"{proxy.AdminUrl}/livez");
        using var ping = await client.GetAsync($"{proxy.Url}/v2/");
        using var ready = await client.GetAsync($"{proxy.AdminUrl}/readyz");
        var health = await test.RunAsync("healthcheck", "--admin", $"{proxy.AdminAddress}");

        Assert.Equal((200, 200, 503), (alive.Status, ping.Status, ready.Status));
        Assert.Equal(1, health.ExitCode);
        Assert.Contains("token", health.Errors, StringComparison.Ordinal);

        hang.Release();
        await Polling.UntilAsync("ready", async () =>
        {
            using var again = await client.GetAsync($"{proxy.AdminUrl}/readyz");
            return again.Status == 200;
        });
        var healthAgain = await test.RunAsync("healthcheck", "--admin", $"{proxy.AdminAddress}");
        Assert.Equal((0, "", ""), (healthAgain.ExitCode, healthAgain.Output, healthAgain.Errors));
    }

    [Fact]
    public async Task Image_IsPulledAndPulledAgainWithEverythingGone()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        var image = SampleImage.Build(layerBytes: 2_000_000);
        image.PutInto(test.Region.Content, "team/app", "v1");
        await using var proxy = await test.ServeAsync();

        var cold = await PullAsync(proxy);
        foreach (var origin in Enum.GetValues<OriginName>())
        {
            await test.Region.Faults.GoDarkAsync(origin);
        }

        var warm = await PullAsync(proxy);

        Assert.Equal(5, cold.Count); // index, manifest, config and two layers, each verified by its digest
        Assert.Equal(cold, warm);
    }

    [Fact]
    public async Task JsonLog_IsOneObjectALine()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var client = new PullClient();
        await using var proxy = await test.ServeAsync("--log-format", "json");
        await UseAsync(test, proxy, client);

        await proxy.TerminateAsync();
        var code = await proxy.ExitCodeAsync();

        Assert.Equal(0, code);
        var messages = proxy.Lines.Select(MessageOf).ToList();
        Assert.Contains(messages, message => message.StartsWith("GET /v2/team/app/manifests/v1 200 Miss ", StringComparison.Ordinal));
        Assert.Contains(messages, message => message.StartsWith("Stopped", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("text")]
    [InlineData("json")]
    public async Task Output_HoldsNoSecrets(string format)
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var client = new PullClient();
        await using var proxy = await test.ServeAsync("--log-format", format, "--log-level", "trace");
        await UseAsync(test, proxy, client);

        await proxy.TerminateAsync();
        await proxy.ExitCodeAsync();

        Assert.NotEmpty(proxy.Lines);
        Assert.All(proxy.Lines, line =>
        {
            Assert.DoesNotContain(test.Region.SecretAccessKey, line, StringComparison.Ordinal);
            Assert.DoesNotContain("X-Amz-", line, StringComparison.Ordinal);
            Assert.DoesNotContain("c3RvbGVu", line, StringComparison.Ordinal);
            Assert.DoesNotMatch(Secret(), line);
        });
    }

    [Fact]
    public async Task VariablesOfAwsEcrHttpProxy_StartAWorkingProxy()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        var image = SampleImage.Build();
        image.PutInto(test.Region.Content, "team/app", "v1");
        var environment = new Dictionary<string, string>
        {
            ["UPSTREAM"] = $"https://{test.Region.EcrHost}",
            ["AWS_REGION"] = test.Region.Name,
            ["CACHE_MAX_SIZE"] = "75g",
            ["ENABLE_SSL"] = "false",
            ["REGISTRY_HTTP_TLS_CERTIFICATE"] = "/nowhere.crt",
            ["REGISTRY_HTTP_TLS_KEY"] = "/nowhere.key",
            ["RESOLVER"] = "10.0.0.2",
            ["CACHE_KEY"] = "$uri",
            ["AWS_USE_EC2_ROLE_FOR_AUTH"] = "false",
            ["FEP_Upstream__Endpoint"] = test.Region.Registry.ToString(),
            ["FEP_Upstream__AllowedRedirectHosts"] = test.Region.Layers.Authority,
            ["FEP_Aws__ControlPlane"] = test.Region.ControlPlane.ToString(),
            ["FEP_Cache__Directory"] = test.CacheDirectory,
            ["FEP_Cache__FreeSpace"] = "16MiB",
            ["FEP_Admin__Address"] = "127.0.0.1:0",
            ["FEP_Listen__Address"] = "127.0.0.1:0", // PORT alone would open the port to everyone
        };

        await using var proxy = await test.ServeAsync(environment);
        using var client = new PullClient();
        var pulled = await PullAsync(proxy);
        var health = await client.GetBytesAsync($"{proxy.Url}/healthz");

        Assert.Equal(4, pulled.Count);
        Assert.Equal("ok"u8.ToArray(), health);
        Assert.All(["RESOLVER", "CACHE_KEY", "AWS_USE_EC2_ROLE_FOR_AUTH"], variable =>
            Assert.Single(proxy.Lines, line => line.Contains($"{variable} is not needed", StringComparison.Ordinal)));
        Assert.Single(proxy.Lines, line => line.Contains("REGISTRY_HTTP_TLS_KEY is not used", StringComparison.Ordinal));
    }

    private static async Task<List<string>> PullAsync(ProxyProcess proxy)
    {
        using var pull = new ImagePull();
        List<string> digests = [];
        await foreach (var part in pull.RunAsync($"{proxy.Url}/v2/team/app", "v1", "amd64", TestContext.Current.CancellationToken))
        {
            digests.Add(part.Digest);
        }

        return digests;
    }

    /// <summary>A bit of everything that is logged: pulls, an expired token, errors, a client's own credentials.</summary>
    private static async Task UseAsync(ProcessUnderTest test, ProxyProcess proxy, PullClient client)
    {
        var blob = LayerContent.Generate(500_000);
        test.Region.Content.PutBlob("team/app", blob);
        test.Region.Content.PutManifest("team/app", "{}"u8.ToArray(), "application/vnd.oci.image.manifest.v1+json", "v1");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1", ("Authorization", "Basic QVdTOnN0b2xlbg=="));
        test.Region.Faults.ExpireAllTokens();
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/{blob.Digest}", ("Cookie", "c3RvbGVu"));
        test.Region.Faults.Answer(RequestKind.GetManifestByTag, 500, Faults.Always);
        using var failed = await client.GetAsync($"{proxy.Url}/v2/team/app/manifests/other");
        test.Region.Faults.RedirectTo(new Uri("http://192.0.2.1/"));
        using var elsewhere = await client.GetAsync($"{proxy.Url}/v2/team/app/blobs/{new string('0', 64).Insert(0, "sha256:")}");
        await test.Region.Faults.GoDarkAsync(OriginName.ControlPlane);
        test.Region.Faults.ExpireAllTokens();
        using var refused = await client.GetAsync($"{proxy.Url}/v2/team/app/tags/list");
    }

    private static string MessageOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        Assert.True(json.RootElement.TryGetProperty("Timestamp", out _), line);
        return json.RootElement.GetProperty("Message").GetString()!;
    }

    [GeneratedRegex("[A-Za-z0-9+/=_-]{150,}")] // digests have 71 characters, tokens thousands
    private static partial Regex Secret();
}
