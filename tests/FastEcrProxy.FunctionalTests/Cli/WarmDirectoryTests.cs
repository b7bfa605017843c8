using System.Text.Json.Nodes;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Processes;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Cli;

/// <summary><c>warm --cache-dir</c>: a directory that is filled before a proxy runs on it.</summary>
public class WarmDirectoryTests
{
    private const int MiB = 1 << 20;

    private protected virtual Executable Executable => Executable.Built;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FilledDirectory_IsServedWithoutAnyUpstream()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var client = new PullClient();
        var image = SampleImage.Build(layerBytes: 3 * MiB);
        image.PutInto(test.Region.Content, "demo/hello", "latest");

        var run = await WarmAsync(test, "demo/hello", "--platform", "linux/amd64");
        await test.Region.Faults.GoDarkAsync(OriginName.Registry);
        await test.Region.Faults.GoDarkAsync(OriginName.Layers);
        await using var proxy = await test.ServeAsync();

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Matches("^1 image, 3 configs and layers: 3 MiB fetched, 0 bytes were there, in [0-9ms]+$", run.OutputLines[^1]);
        var repository = $"{proxy.Url}/v2/demo/hello";
        Assert.Equal(image.Index.ToArray(), await client.GetBytesAsync($"{repository}/manifests/latest", ("Accept", "*/*")));
        var platform = image.Platforms[0];
        Assert.Equal(platform.Manifest.ToArray(), await client.GetBytesAsync($"{repository}/manifests/{platform.Digest}"));
        foreach (var blob in platform.Layers.Append(platform.Config))
        {
            Assert.Equal(blob.Length, (await client.GetBytesAsync($"{repository}/blobs/{blob.Digest}")).Length);
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Namespace_FindsTheRule()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable, static config =>
        {
            var registry = config["Upstream"]!.DeepClone();
            config.Remove("Upstream");
            config["Upstreams"] = new JsonArray(new JsonObject
            {
                ["Match"] = new JsonObject { ["Namespaces"] = new JsonArray("docker.io") },
                ["Registries"] = new JsonArray(registry),
            });
        });
        SampleImage.Build(layerBytes: MiB).PutInto(test.Region.Content, "demo/hello", "latest");

        var named = await WarmAsync(test, "demo/hello", "--platform", "linux/amd64", "--ns", "docker.io");
        var other = await WarmAsync(test, "demo/hello", "--platform", "linux/amd64", "--ns", "quay.io");

        Assert.Equal((0, ""), (named.ExitCode, named.Errors));
        Assert.Equal(1, other.ExitCode);
        Assert.Contains("No upstream is configured for the registry that ns names", other.Errors, StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task StoppedRun_IsGoneOnWithWhereItWas()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        var layer = TestLayer.Random(12 * MiB);
        var manifest = System.Text.Encoding.UTF8.GetBytes($$"""{"layers":[{"digest":"{{layer.Digest}}","size":{{layer.Bytes.Length}}}]}""");
        test.Region.Content.PutBlob("team/app", layer.Bytes);
        test.Region.Content.PutManifest("team/app", manifest, TestImage.ManifestType, "v1");
        var pause = test.Region.Faults.PauseLayers(afterBytes: 6 * MiB);
        var hang = test.Region.Faults.Hang(RequestKind.GetLayerRange); // nobody gets the rest, however long the stop takes

        var interrupted = await test.InterruptAsync(
            () => Until.TrueAsync(() => HasComeUpTo(5 * MiB)), "warm", "--cache-dir", test.CacheDirectory, "team/app:v1");
        pause.Release();
        hang.Release();
        test.Region.Counters.Reset();
        var run = await WarmAsync(test, "team/app:v1");

        Assert.Equal(1, interrupted.ExitCode);
        Assert.Equal(["Stopped. Run it again: it goes on where it was."], interrupted.ErrorLines);
        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.Matches("(5|6)(\\.[0-9])? MiB fetched, (5|6)(\\.[0-9])? MiB were there", run.OutputLines[^1]);
        var asked = Assert.Single(test.Region.Counters.Log, entry => entry.Origin == OriginName.Layers);
        Assert.InRange(int.Parse(asked.Range!["bytes=".Length..^1]), 5 * MiB, 6 * MiB);
        Assert.Equal(layer.Bytes, await File.ReadAllBytesAsync(layer.FileIn(test.CacheDirectory), TestContext.Current.CancellationToken));

        bool HasComeUpTo(int length)
        {
            var partial = new FileInfo(Path.Combine(test.CacheDirectory, "partial", $"sha256-{layer.Hex}"));
            if (!partial.Exists || partial.Length < length)
            {
                return false;
            }

            using var file = File.Open(partial.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var bytes = new byte[length];
            file.ReadExactly(bytes);
            return layer.Bytes.AsSpan(0, length).SequenceEqual(bytes);
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DirectoryOfARunningProxy_IsLeftAlone()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        await using var proxy = await test.ServeAsync();

        var run = await WarmAsync(test, "team/app:v1");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal(
            $"Cache.Directory = \"{test.CacheDirectory}\": a running fast-ecr-proxy uses it; warm it through that one: "
            + "leave --cache-dir out, or give --proxy.",
            Assert.Single(run.ErrorLines));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DamagedCopy_IsFoundByVerifyingAndFetchedAnew()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        var image = SampleImage.Build(layerBytes: MiB);
        image.PutInto(test.Region.Content, "demo/hello", "latest");
        await WarmAsync(test, "demo/hello", "--platform", "linux/amd64");
        var layer = image.Platforms[0].Layers[1];
        var hex = layer.Digest["sha256:".Length..];
        var file = Path.Combine(test.CacheDirectory, "blobs", "sha256", hex[..2], hex);
        var right = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(file, new byte[right.Length], TestContext.Current.CancellationToken);

        var trusting = await WarmAsync(test, "demo/hello", "--platform", "linux/amd64");
        var verifying = await WarmAsync(test, "demo/hello", "--platform", "linux/amd64", "--verify");

        Assert.Equal((0, 0), (trusting.ExitCode, verifying.ExitCode));
        Assert.Equal(2, test.Region.Counters.LayerGets(layer.Digest));
        Assert.Equal(right, await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WrongBytesUpstream_AreNamedAndNotStored()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        var image = SampleImage.Build(layerBytes: MiB);
        image.PutInto(test.Region.Content, "demo/hello", "latest");
        var layer = image.Platforms[0].Layers[1];
        using var wrong = test.Region.Faults.CorruptLayers(1000, Faults.Always, layer.Digest);

        var run = await WarmAsync(test, "demo/hello", "--platform", "linux/amd64");

        Assert.Equal(1, run.ExitCode);
        Assert.Equal(
            $"demo/hello: The registry's bytes are not {layer.Digest}; they were thrown away.", Assert.Single(run.ErrorLines));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BadConfiguration_IsOneLineEach()
    {
        var run = await CliRun.RunAsync(
            Executable, "warm", "--cache-dir", "/tmp/fep-never", "--upstream", "docker.io", "--cache-size", "none", "team/app");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Equal(2, run.ErrorLines.Length);
    }

    private static Task<CliRun> WarmAsync(ProcessUnderTest test, params string[] arguments) =>
        test.RunAsync("warm", ["--cache-dir", test.CacheDirectory, .. arguments]);
}
