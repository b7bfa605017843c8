using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>Layers are the same with and without <c>Listen.FileOutput</c>.</summary>
public sealed class FileOutputOptionTests
{
    private const int MiB = 1 << 20;

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Layer_ComesWholeInPartsAndAgainOnOneConnection(bool fileOutput)
    {
        await using var proxy = await ProxyUnderTest.StartAsync(
            adjust: settings => settings with { Listen = settings.Listen with { FileOutput = fileOutput } });
        var layer = TestLayer.Upstream(proxy, 8 * MiB);
        using var client = new PullClient();
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));
        using var raw = await RawClient.ConnectAsync(proxy);

        for (var i = 0; i < 3; i++)
        {
            await raw.AskAsync(RawClient.Get(layer.Path()));
            await raw.ReadHeadAsync();
            Assert.Equal(layer.Bytes, await raw.ReadAsync(layer.Bytes.Length));
        }

        var part = await Pull.RunAsync(client, layer.Url(proxy), ("Range", "bytes=3000000-6999999"));
        Assert.Equal(layer.Bytes[3_000_000..7_000_000], part.Bytes);
        await LeaveInTheMiddleAsync(proxy, layer);
        (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
    }

    private static async Task LeaveInTheMiddleAsync(ProxyUnderTest proxy, TestLayer layer)
    {
        using var leaving = await RawClient.ConnectAsync(proxy, receiveBufferBytes: 64 << 10);
        await leaving.AskAsync(RawClient.Get(layer.Path()));
        await leaving.ReadHeadAsync();
        await leaving.ReadAsync(1000);
    }
}
