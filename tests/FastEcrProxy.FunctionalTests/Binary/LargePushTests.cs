using System.Security.Cryptography;
using System.Text.Json.Nodes;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Processes;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Binary;

/// <summary>A layer of 2 GiB pushed as docker pushes it, of unknown length: what the proxy holds of it does not grow.</summary>
public sealed class LargePushTests
{
    private const string Repository = "team/app";
    private const int BlockBytes = 1 << 20;
    private const int Blocks = 2048;
    private const long FlatBytes = 24 << 20; // the collector's own ups and downs

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    [Theory]
    [InlineData("8GiB")]  // kept on its way
    [InlineData("1GiB")]  // more than may be kept
    public async Task LayerOfTwoGibibytes_GoesThroughWithFlatMemory(string cacheSize)
    {
        await using var test = await ProcessUnderTest.CreateAsync(
            Executable.Published, config => AllowPushes(config, cacheSize), new LocalEcrOptions { UploadKeptBytesMax = BlockBytes });
        test.Region.Content.CreateRepository(Repository);
        await using var proxy = await test.ServeAsync();
        var block = PushBlock();
        using var client = new Pusher(new Uri(proxy.Url), credentials: null);
        var location = await client.StartAsync(Repository);

        using var ended = new CancellationTokenSource();
        var watching = WatchAsync(proxy, ended.Token);
        using var patched = await client.SendAsync(HttpMethod.Patch, location, new StreamContent(new Repeated(block, Blocks), BlockBytes));
        await ended.CancelAsync();
        var memory = await watching;
        using var finished = await client.FinishAsync(patched.Header("Location")!, DigestOf(block));

        Assert.Equal((202, 201), (patched.Status, finished.Status));
        Assert.Equal((long)BlockBytes * Blocks, test.Region.Counters.UploadBytes);
        var (early, late) = (memory.Take(memory.Count / 3).Max(), memory.Skip(memory.Count / 3).Max());
        Assert.True(late <= early + FlatBytes, $"it grew: {string.Join(", ", memory.Select(bytes => bytes >> 20))} MiB");
    }

    private static void AllowPushes(JsonObject config, string cacheSize)
    {
        var upstream = config["Upstream"]!.AsObject();
        config.Remove("Upstream");
        config["Upstreams"] = new JsonArray(new JsonObject { ["Name"] = "all", ["Registries"] = new JsonArray(upstream), ["Push"] = true });
        config["Cache"]!["Size"] = cacheSize;
    }

    private static byte[] PushBlock()
    {
        var block = new byte[BlockBytes];
        new Random(1).NextBytes(block);
        return block;
    }

    private static string DigestOf(byte[] block)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var i = 0; i < Blocks; i++)
        {
            hash.AppendData(block);
        }

        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>What the process holds of the machine's memory, at every look.</summary>
    private static async Task<List<long>> WatchAsync(ProxyProcess proxy, CancellationToken ended)
    {
        var memory = new List<long> { proxy.ResidentBytes };
        using var beat = new PeriodicTimer(LookEvery, TimeProvider.System);
        try
        {
            while (await beat.WaitForNextTickAsync(ended))
            {
                memory.Add(proxy.ResidentBytes);
            }
        }
        catch (OperationCanceledException)
        {
            // the layer is through
        }

        return memory;
    }

    /// <summary>The same bytes again and again, of which nobody says beforehand how often.</summary>
    private sealed class Repeated(byte[] block, int times) : MemoryStream(block)
    {
        private int _left = times;

        public override bool CanSeek => false;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Position == Length && --_left > 0)
            {
                Position = 0;
            }

            return await base.ReadAsync(buffer, cancellationToken);
        }
    }
}
