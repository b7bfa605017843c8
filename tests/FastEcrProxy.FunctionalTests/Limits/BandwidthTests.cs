using System.Net;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.Http;

namespace FastEcrProxy.FunctionalTests.Limits;

/// <summary>Layers are no faster than they may be, and whole. Only the shortest times are known: a busy machine has no longest.</summary>
public sealed class BandwidthTests
{
    private const int MiB = 1 << 20;

    /// <summary>By sendfile, by the server's own output, and under TLS.</summary>
    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task Client_IsSentNoMoreThanItMayHave(bool fileOutput, bool tls)
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Listen = settings.Listen with
            {
                FileOutput = fileOutput,
                Certificates = tls ? [TestCertificate.Shown(certificate)] : [],
            },
            Limits = new LimitOptions { BandwidthPerClient = 4 * MiB },
        });
        var layer = TestLayer.Upstream(proxy, 8 * MiB);
        using var client = await RawClient.ConnectAsync(proxy);
        if (tls)
        {
            await client.UseTlsAsync();
        }

        var began = TimeProvider.System.GetTimestamp();
        await client.AskAsync(RawClient.Get(layer.Path()));
        await client.ReadHeadAsync();
        var bytes = await client.ReadAsync(layer.Bytes.Length);

        // Two seconds' worth; the burst, the last pauses that were too short for a timer, and what is in the sockets come sooner.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromSeconds(1.6), TimeSpan.MaxValue);
        Assert.True(layer.Bytes.AsSpan().SequenceEqual(bytes));
    }

    /// <summary>Each waits longer for its turns than a client may stand still.</summary>
    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task PacedClients_AreNotStalledOnes(bool fileOutput)
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Listen = settings.Listen with { FileOutput = fileOutput, StallTimeout = TimeSpan.FromSeconds(1) },
            Limits = new LimitOptions { Bandwidth = 64 << 10 },
        });
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 64 << 10);

        var pulls = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Pull.RunAsync(client, layer.Url(proxy))));

        Assert.All(pulls, pull => pull.AssertWhole(layer));
        Assert.Equal(0, await proxy.MetricAsync("fastecr_client_stalled_total"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Client_SendsNoMoreThanItMay()
    {
        await using var rig = await PushRig.StartAsync(settings: settings => settings with
        {
            Limits = new LimitOptions { BandwidthPerClient = 2 * MiB },
        });
        var layer = PushRig.Bytes(4 * MiB);

        var began = TimeProvider.System.GetTimestamp();
        var digest = await rig.Client.PushBlobAsync(PushRig.Repository, layer);

        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.FromSeconds(1.5), TimeSpan.MaxValue);
        Assert.Equal(layer, rig.InRegistry(digest));
        await rig.CachedAsync(digest);
    }
}
