using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>A disk that does not answer holds up those who wait for it, and nobody else.</summary>
public sealed class HeldUpDiskTests
{
    private const int MiB = 1 << 20;
    private const int Copied = 16 << 10; // too small to be sent as a file

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(Copied)]
    [InlineData(4 * MiB)]
    public async Task HitsFromMemoryAndManifests_GoOn(int coldBytes)
    {
        await using var port = await HeldUpDiskPort.StartAsync();
        port.SkipWhereNothingIsForgotten();
        var image = SampleImage.Build(layerBytes: 100_000);
        image.PutInto(port.Content, "demo/hello", "latest");
        var manifest = $"/v2/demo/hello/manifests/{image.Digest}";
        Assert.Equal(image.Index.ToArray(), await port.PullAsync(manifest));
        var small = await port.StoredLayerAsync(Copied, seed: 100);
        var large = await port.StoredLayerAsync(6 * MiB, seed: 101);
        var cold = await StoredLayersAsync(port, coldBytes, count: 12); // more than there are threads for it, or processors
        port.HoldUp(cold);
        var waiting = cold.Select(layer => port.PullAsync(layer.Path())).ToList();
        await Until.TrueAsync(() => port.Waiting == waiting.Count);

        for (var i = 0; i < 20; i++)
        {
            Assert.Equal(image.Index.ToArray(), await port.PullAsync(manifest));
            Assert.Equal(small.Bytes, await port.PullAsync(small.Path()));
            Assert.Equal(large.Bytes, await port.PullAsync(large.Path()));
        }

        Assert.DoesNotContain(waiting, static pull => pull.IsCompleted);
        port.Release();
        Assert.Equal(cold.Select(static layer => layer.Bytes), await Task.WhenAll(waiting));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(Copied, true)]
    [InlineData(Copied, false)]
    [InlineData(4 * MiB, true)]
    [InlineData(4 * MiB, false)]
    public async Task ClientThatLeavesMeanwhile_IsLetGoAtOnce(int coldBytes, bool byReset)
    {
        await using var port = await HeldUpDiskPort.StartAsync();
        port.SkipWhereNothingIsForgotten();
        var cold = await StoredLayersAsync(port, coldBytes, count: 6);
        await Until.TrueAsync(() => port.Outputs.Count == 0);
        port.HoldUp(cold);

        foreach (var layer in cold)
        {
            var client = await port.ConnectAsync();
            await client.AskAsync($"GET {layer.Path()} HTTP/1.1\r\nHost: x\r\n\r\n");
            await Until.TrueAsync(() => port.Waiting == 1);
            if (byReset)
            {
                client.Reset();
            }
            else
            {
                client.Dispose();
            }

            await Until.TrueAsync(() => port.Waiting == 0 && port.Outputs.Count == 0); // the disk has not answered yet
        }

        port.Release();
        foreach (var layer in cold)
        {
            Assert.Equal(layer.Bytes, await port.PullAsync(layer.Path()));
        }
    }

    private static async Task<List<TestLayer>> StoredLayersAsync(HeldUpDiskPort port, int bytes, int count)
    {
        var layers = new List<TestLayer>();
        for (var i = 0; i < count; i++)
        {
            layers.Add(await port.StoredLayerAsync(bytes, seed: i));
        }

        return layers;
    }
}
