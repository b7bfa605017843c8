using System.Diagnostics;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>A cache directory that fails in every way that can be had without a broken disk: pulls go on, and are exact.</summary>
public sealed class BrokenDiskTests
{
    private const int MiB = 1 << 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DiskThatIsFull_PullsGoOnUnstored()
    {
        using var disk = SmallDisk.Mount(4 * MiB);
        await using var proxy = await StartOnAsync(disk);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 12 * MiB);
        var small = TestLayer.Upstream(proxy, MiB, seed: 2);

        var pulls = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => Pull.RunAsync(client, layer.Url(proxy))));
        var stored = await Pull.RunAsync(client, small.Url(proxy));

        Assert.All(pulls, pull => pull.AssertWhole(layer));
        stored.AssertWhole(small);
        await proxy.MeasuredAsync(2, "fastecr_requests_total", "kind=\"blob\"", "outcome=\"unstored\"");
        await Until.TrueAsync(() => File.Exists(small.FileIn(disk.Path)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DiskThatFillsUpInTheMiddle_PullGoesOn()
    {
        using var disk = SmallDisk.Mount(16 * MiB);
        await using var proxy = await StartOnAsync(disk);
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 12 * MiB);
        var other = TestLayer.Upstream(proxy, 3 * MiB, seed: 2);
        var pause = proxy.Region.Faults.PauseLayers(2 * MiB, times: 1);

        var pulling = Pull.RunAsync(client, layer.Url(proxy));
        await pause.ReachedAsync(Cancel);
        disk.FillUp();
        var unstored = await Pull.RunAsync(client, other.Url(proxy));
        pause.Release();

        (await pulling).AssertWhole(layer);
        unstored.AssertWhole(other);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task DirectoryThatIsGoneInTheMiddle_PullsGoOn()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 6 * MiB);
        var stored = TestLayer.Upstream(proxy, MiB, seed: 2);
        var other = TestLayer.Upstream(proxy, MiB, seed: 3);
        (await Pull.RunAsync(client, stored.Url(proxy))).AssertWhole(stored);
        await Until.TrueAsync(() => stored.IsStored(proxy));
        var pause = proxy.Region.Faults.PauseLayers(2 * MiB);

        var pulling = Pull.RunAsync(client, layer.Url(proxy));
        await pause.ReachedAsync(Cancel);
        using var gone = new MovedAway(proxy.CacheDirectory); // at once, which a recursive deletion is not
        pause.Release();

        (await pulling).AssertWhole(layer);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        (await Pull.RunAsync(client, stored.Url(proxy))).AssertWhole(stored);
        (await Pull.RunAsync(client, other.Url(proxy))).AssertWhole(other);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FileThatWasDeletedByHand_IsFetchedAgain()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = await StoredAsync(proxy, client, 2 * MiB);
        File.Delete(layer.FileIn(proxy.CacheDirectory));

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
        Assert.Equal(2, proxy.Region.Counters.LayerGets(layer.Digest));
        await Until.TrueAsync(() => layer.IsStored(proxy));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FileThatWasCutShort_IsFetchedAgain()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = await StoredAsync(proxy, client, 2 * MiB);
        Truncate(layer.FileIn(proxy.CacheDirectory), MiB);

        var pull = await Pull.RunAsync(client, layer.Url(proxy));

        pull.AssertWhole(layer);
        Assert.Equal(2, proxy.Region.Counters.LayerGets(layer.Digest));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FileThatIsCutShortWhileItIsSent_NeverLooksWhole()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        var layer = await StoredAsync(proxy, client, 32 * MiB);
        using var slow = await RawClient.ConnectAsync(proxy, receiveBufferBytes: 64 << 10);
        await slow.AskAsync(RawClient.Get(layer.Path()));
        await slow.ReadHeadAsync();
        var begun = await slow.ReadAsync(2 * MiB);

        Truncate(layer.FileIn(proxy.CacheDirectory), MiB); // what was sent cannot be verified any more
        byte[] bytes = [.. begun, .. await slow.ReadToEndAsync()];

        Assert.InRange(bytes.Length, 2 * MiB, layer.Bytes.Length - 1);
        Assert.True(layer.Bytes.AsSpan(0, bytes.Length).SequenceEqual(bytes));
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
    }

    private static async Task<TestLayer> StoredAsync(ProxyUnderTest proxy, PullClient client, int length)
    {
        var layer = TestLayer.Upstream(proxy, length);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        await proxy.FillsEndedAsync(1); // from here on nobody joins it, who finds nothing on disk asks upstream
        Assert.True(layer.IsStored(proxy));
        return layer;
    }

    private static void Truncate(string path, long length)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.SetLength(file, length);
    }

    private static Task<ProxyUnderTest> StartOnAsync(SmallDisk disk) => ProxyUnderTest.StartAsync(
        adjust: settings => settings with { Cache = settings.Cache with { Directory = disk.Path, FreeSpaceBytes = 0 } });

    /// <summary>A directory that is no longer where it was, until the test is over.</summary>
    private sealed class MovedAway : IDisposable
    {
        private readonly string _path;
        private readonly string _elsewhere;

        public MovedAway(string path)
        {
            (_path, _elsewhere) = (path, path + "-gone");
            Directory.Move(_path, _elsewhere);
        }

        public void Dispose()
        {
            Directory.CreateDirectory(_path); // the fixture deletes it
            Directory.Delete(_elsewhere, recursive: true);
        }
    }

    /// <summary>A filesystem in memory of a few megabytes. Root may make one; otherwise the test is skipped.</summary>
    private sealed class SmallDisk : IDisposable
    {
        private readonly string _mountPoint = Directory.CreateTempSubdirectory("fep-disk-").FullName;

        public string Path => System.IO.Path.Combine(_mountPoint, "cache");

        public static SmallDisk Mount(long bytes)
        {
            var disk = new SmallDisk();
            if (!OperatingSystem.IsLinux() || Run("mount", "-t", "tmpfs", "-o", $"size={bytes}", "tmpfs", disk._mountPoint) != 0)
            {
                Directory.Delete(disk._mountPoint);
                Assert.Skip("Mounting a small disk takes root on Linux.");
            }

            return disk;
        }

        public void FillUp()
        {
            try
            {
                using var junk = File.OpenHandle(System.IO.Path.Combine(_mountPoint, "junk"), FileMode.CreateNew, FileAccess.Write);
                var block = new byte[4096];
                for (long offset = 0; ; offset += block.Length)
                {
                    RandomAccess.Write(junk, block, offset);
                }
            }
            catch (IOException)
            {
                // full
            }
        }

        public void Dispose()
        {
            Run("umount", "-l", _mountPoint);
            Directory.Delete(_mountPoint);
        }

        private static int Run(string program, params string[] arguments)
        {
            try
            {
                using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
                process.WaitForExit();
                return process.ExitCode;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                return -1;
            }
        }
    }
}
