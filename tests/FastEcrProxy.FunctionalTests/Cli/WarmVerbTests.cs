using System.Net;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Processes;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Regions;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Cli;

/// <summary><c>warm</c> through a running proxy: what is in its cache afterwards, and what is said about it.</summary>
public class WarmVerbTests
{
    private const int MiB = 1 << 20;

    private protected virtual Executable Executable => Executable.Built;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WarmedImages_ArePulledWithoutAnyUpstream()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var one = TestImage.Upstream(proxy, [2000, 3 * MiB, MiB]);
        var two = TestImage.Upstream(proxy, [2500, MiB], tag: "two", repository: "team/other");

        var run = await WarmAsync(proxy, "team/app:v1", $"registry.example.com/team/other@{two.Digest}");
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);
        await proxy.Region.Faults.GoDarkAsync(OriginName.Layers);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Equal(
            [
                "registry.example.com/team/other@" + two.Digest + ": 2 configs and layers, 1 MiB fetched, 0 bytes were there",
                "team/app:v1: 3 configs and layers, 4 MiB fetched, 0 bytes were there",
            ],
            run.OutputLines[..^1].Order(StringComparer.Ordinal));
        Assert.Matches("^2 images, 5 configs and layers: 5 MiB fetched, 0 bytes were there, in [0-9ms]+$", run.OutputLines[^1]);
        await client.GetBytesAsync(one.ManifestUrl(proxy));
        await client.GetBytesAsync($"{proxy.Url}/v2/team/other/manifests/{two.Digest}");
        foreach (var image in (TestImage[])[one, two])
        {
            foreach (var blob in image.Blobs)
            {
                (await Pull.RunAsync(client, blob.Url(proxy, image.Repository))).AssertWhole(blob);
            }
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task SecondRun_ReadsNothingAgainUnlessItIsToVerify()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        var image = TestImage.Upstream(proxy, [2000, 3 * MiB]);
        await WarmAsync(proxy, "team/app:v1");

        var again = await WarmAsync(proxy, "team/app:v1");
        Assert.Contains("0 bytes fetched, 3 MiB were there", again.Output, StringComparison.Ordinal);
        Assert.Equal(2, proxy.RequestsFor("GET " + proxy.Url + "/v2/team/app/blobs/")); // those of the first run

        var verified = await WarmAsync(proxy, "team/app:v1", "--verify");
        Assert.Contains("0 bytes fetched, 3 MiB were there", verified.Output, StringComparison.Ordinal);
        Assert.Equal(4, proxy.RequestsFor("GET " + proxy.Url + "/v2/team/app/blobs/"));
        Assert.All(image.Blobs, blob => Assert.Equal(1, proxy.Region.Counters.LayerGets(blob.Digest)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DamagedCopy_IsFoundByVerifyingAndNamed()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        var image = TestImage.Upstream(proxy, [2000, MiB]);
        await WarmAsync(proxy, "team/app:v1");
        await DamageAsync(image.Blobs[1].FileIn(proxy.CacheDirectory));

        var run = await WarmAsync(proxy, "team/app:v1", "--verify");

        Assert.Equal(1, run.ExitCode);
        var hex = image.Blobs[1].Hex;
        Assert.Contains($"blobs/sha256/{hex[..2]}/{hex}", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task OfAnIndex_ThePlatformIsWarmedThatWasAskedFor()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        var image = SampleImage.Build(layerBytes: 100_000);
        image.PutInto(proxy.Region.Content, "demo/hello", "latest");
        var (amd, arm) = (image.Platforms[0], image.Platforms[1]);

        var one = await WarmAsync(proxy, "demo/hello", "--platform", "linux/arm64/v8");
        Assert.Equal(0, one.ExitCode);
        Assert.Equal([0L, 1L], new[] { amd, arm }.Select(platform => proxy.Region.Counters.LayerGets(platform.Config.Digest)));

        var none = await WarmAsync(proxy, "demo/hello", "--platform", "linux/s390x");
        Assert.Equal(1, none.ExitCode);
        Assert.Equal("demo/hello: there is none for linux/s390x; there is linux/amd64, linux/arm64.", Assert.Single(none.ErrorLines));

        var all = await WarmAsync(proxy, "demo/hello", "--all-platforms");
        Assert.Equal(0, all.ExitCode);
        Assert.All(image.Blobs, blob => Assert.Equal(1, proxy.Region.Counters.LayerGets(blob.Digest)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ProxyThatRestartsInTheMiddle_IsGoneOnWith()
    {
        var address = new IPEndPoint(IPAddress.Loopback, Ports.Free()); // where it will be again
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => Quickly.Stopping(settings) with
        {
            Listen = Quickly.Stopping(settings).Listen with { Address = address },
        });
        var image = TestImage.Upstream(proxy, [2000, 8 * MiB]);
        var pause = proxy.Region.Faults.PauseLayers(afterBytes: 4 * MiB);

        var warming = WarmAsync(proxy, "team/app:v1");
        await pause.ReachedAsync(TestContext.Current.CancellationToken);
        await proxy.StopAsync();
        pause.Release();
        await proxy.StartAgainAsync();
        var run = await warming;

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.All(image.Blobs, blob => Assert.True(blob.IsStored(proxy)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WrongBytesUpstream_AreNamedAndNotStored()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        var image = TestImage.Upstream(proxy, [2000, MiB]);
        var good = TestImage.Upstream(proxy, [3000], tag: "good");
        using var wrong = proxy.Region.Faults.CorruptLayers(1000, Faults.Always, image.Blobs[1].Digest);

        var run = await WarmAsync(proxy, "team/app:v1", "team/app:good");

        Assert.Equal(1, run.ExitCode);
        Assert.Matches($"^team/app:v1: .*are not {image.Blobs[1].Digest}; they were thrown away", Assert.Single(run.ErrorLines));
        Assert.StartsWith("1 image, ", run.OutputLines[^1], StringComparison.Ordinal);
        Assert.False(image.Blobs[1].IsStored(proxy));
        Assert.True(good.Blobs[0].IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RegistryThatIsAway_IsNotMadeUpForByAnEarlierAnswer()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        TestImage.Upstream(proxy, [2000]);
        await WarmAsync(proxy, "team/app:v1");
        await proxy.Region.Faults.GoDarkAsync(OriginName.Registry);

        var run = await WarmAsync(proxy, "team/app:v1", "team/app:unknown");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(["team/app:unknown", "team/app:v1"], run.ErrorLines.Select(line => line.Split(": ")[0]).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task HostOfAName_IsWhatTheProxyIsToldThatItIsCalled()
    {
        await using var proxy = await Company.StartAsync(ecr =>
        [
            Rule("near", ecr[Company.Near], "near.example.com"), Rule("far", ecr[Company.Far], "far.example.com"),
        ]);
        var layer = TestLayer.Random(5000);
        var manifest = System.Text.Encoding.UTF8.GetBytes($$"""{"layers":[{"digest":"{{layer.Digest}}","size":5000}]}""");
        proxy.Ecr[Company.Far].Content.PutBlob("team/app", layer.Bytes);
        proxy.Ecr[Company.Far].Content.PutManifest("team/app", manifest, TestImage.ManifestType, "v1");

        var far = await WarmAsync(proxy, "far.example.com/team/app:v1");
        var near = await WarmAsync(proxy, "near.example.com:443/team/app:v1");

        Assert.Equal((0, ""), (far.ExitCode, far.Errors));
        Assert.Equal(1, near.ExitCode);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Namespace_IsSaidAsContainerdSaysIt()
    {
        await using var proxy = await Company.StartAsync(ecr =>
        [
            Rule("near", ecr[Company.Near]) with { Match = new RuleMatch { Namespaces = ["near.example.com:5000"] } },
            Rule("far", ecr[Company.Far]),
        ]);
        var layer = TestLayer.Random(5000);
        var manifest = System.Text.Encoding.UTF8.GetBytes($$"""{"layers":[{"digest":"{{layer.Digest}}","size":5000}]}""");
        proxy.Ecr[Company.Near].Content.PutBlob("team/app", layer.Bytes);
        proxy.Ecr[Company.Near].Content.PutManifest("team/app", manifest, TestImage.ManifestType, "v1");

        var near = await WarmAsync(proxy, "--ns", "near.example.com:5000", "team/app:v1");
        var plain = await WarmAsync(proxy, "team/app:v1");

        Assert.Equal((0, ""), (near.ExitCode, near.Errors));
        Assert.True(layer.IsStored(proxy));
        Assert.Equal(1, plain.ExitCode);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PasswordInAFile_IsShownToTheProxy()
    {
        using var recorded = new RecordingRegistry("{}", TestImage.ManifestType);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "hunter2\n", TestContext.Current.CancellationToken);
        try
        {
            var run = await CliRun.RunAsync(
                Executable, "warm", "--proxy", $"http://c%69@{recorded.Address.Authority}", "--password-file", file, "team/app");

            Assert.Equal((0, ""), (run.ExitCode, run.Errors));
            var basic = Convert.ToBase64String("ci:hunter2"u8);
            Assert.All(recorded.Heads, head => Assert.Contains($"Authorization: Basic {basic}", head, StringComparison.Ordinal));
            Assert.NotEmpty(recorded.Heads);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task List_HasANameALineAndRemarks()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        TestImage.Upstream(proxy, [2000]);
        TestImage.Upstream(proxy, [3000], tag: "two");
        var list = Path.Combine(proxy.CacheDirectory, "list.txt");
        await File.WriteAllTextAsync(
            list, "# the base\n\nteam/app:v1   # and why\n  team/app:two\r\n", TestContext.Current.CancellationToken);

        var run = await WarmAsync(proxy, "--file", list);

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.StartsWith("2 images, ", run.OutputLines[^1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task NobodyThere_IsOneSentence()
    {
        var run = await CliRun.RunAsync(Executable, "warm", "--proxy", "http://127.0.0.1:1", "team/app");

        Assert.Equal(1, run.ExitCode);
        Assert.StartsWith("team/app: 127.0.0.1:1 refuses connections", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("'Team/App' names no image: write registry.example.com/team/app:1.2, in lower-case letters.", "Team/App")]
    [InlineData("Name an image, such as registry.example.com/team/app:1.2, or a --file with names.")]
    [InlineData("'--verfy': unknown flag; did you mean --verify?", "app", "--verfy")]
    [InlineData("--platform amd64: write linux/amd64, linux/arm64 or linux/arm/v7.", "app", "--platform", "amd64")]
    [InlineData("--platform and --all-platforms exclude each other.", "app", "--platform", "linux/amd64", "--all-platforms")]
    [InlineData("--parallel 100: not a number from 1 to 64.", "app", "--parallel", "100")]
    [InlineData("Cannot parse argument 'x' for option '--parallel' as expected type 'System.Int32'.", "app", "--parallel", "x")]
    [InlineData(
        "--proxy is not the address of a server; write http://127.0.0.1:5000 or https://registry.example.com.",
        "app", "--proxy", "ftp://x")]
    [InlineData("--config, --upstream and --cache-size go with --cache-dir: a running proxy has its own.", "app", "--cache-size", "1GiB")]
    [InlineData(
        "--proxy and --cache-dir exclude each other: a running proxy is filled through itself.",
        "app", "--proxy", "http://127.0.0.1:5000", "--cache-dir", "/tmp/x")]
    [InlineData(
        "--ns docker.io/library: not the name of a registry; write docker.io or registry.example.com:5000.",
        "app", "--ns", "docker.io/library")]
    [InlineData(
        "--password-file needs a user in --proxy; write https://user@registry.example.com.", "app", "--password-file", "/nowhere")]
    [InlineData(
        "--password-file and a password in --proxy exclude each other.",
        "app", "--proxy", "http://ci:x@127.0.0.1:1", "--password-file", "/nowhere")]
    [InlineData(
        "--password-file: the password file /nowhere cannot be read: Could not find file '/nowhere'.",
        "app", "--proxy", "http://ci@127.0.0.1:1", "--password-file", "/nowhere")]
    [InlineData(
        "--password-file goes with --proxy: a directory has no password.",
        "app", "--cache-dir", "/tmp/x", "--password-file", "/nowhere")]
    [InlineData("--file /nowhere cannot be read: Could not find file '/nowhere'.", "app", "--file", "/nowhere")]
    public async Task WrongCommandLine_IsSaidInTwoLines(string problem, params string[] arguments)
    {
        var run = await CliRun.RunAsync(Executable, ["warm", .. arguments]);

        Assert.Equal(64, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Equal([problem, "See: fast-ecr-proxy warm --help"], run.ErrorLines);
    }

    private static RuleOptions Rule(string name, LocalRegion region, string? host = null) => new()
    {
        Name = name, Match = new RuleMatch { Host = host }, Registries = [Company.Registry(region)],
    };

    private static async Task DamageAsync(string file)
    {
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        bytes[1000] ^= 1;
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
    }

    private Task<CliRun> WarmAsync(ProxyUnderTest proxy, params string[] arguments) =>
        CliRun.RunAsync(Executable, ["warm", "--proxy", proxy.Url, .. arguments]);
}
