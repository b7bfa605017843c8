using System.Diagnostics.Metrics;
using System.Net;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using FastEcrProxy.Transport;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>Who takes nothing is broken off after the stall time-out; who takes a little, however slowly, is not.</summary>
public sealed class StalledClientTests
{
    private const int MiB = 1 << 20;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatTakesNothing_IsBrokenOffWhenItsTimeIsUp()
    {
        await using var port = await FilePort.StartAsync(new byte[32 * MiB]);
        using var client = await port.ConnectAsync(receiveBufferBytes: 64 << 10);
        await client.AskAsync();
        await client.ReadHeadAsync();
        await StandsStillAsync(port);

        port.Time.Advance(FilePort.StallTimeout - TimeSpan.FromSeconds(1));
        port.Outputs.Look();
        Assert.Empty(port.EndsSoFar());

        await Until.TrueAsync(() =>
        {
            port.Time.Advance(TimeSpan.FromSeconds(1)); // its system may still take a little, which begins its time anew
            port.Outputs.Look();
            return port.EndsSoFar().Length == 1 && port.Outputs.Count == 0;
        });
        Assert.Equal(FileSentEnd.Disconnected, port.EndsSoFar()[0].End);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatTakesALittleNowAndThen_MayStayForAsLongAsItLikes()
    {
        await using var port = await FilePort.StartAsync(new byte[32 * MiB]);
        using var client = await port.ConnectAsync(receiveBufferBytes: 64 << 10);
        await client.AskAsync();
        await client.ReadHeadAsync();
        await StandsStillAsync(port);

        const int little = 256 << 10; // far less than what makes room in the socket
        for (var i = 0; i < 20; i++)
        {
            port.Time.Advance(FilePort.StallTimeout / 2);
            Assert.Equal(little, (await client.ReadAsync(little)).Length);
            await Until.TrueAsync(() => port.Outputs.Look() == TimeSpan.Zero); // its system says so a moment later
        }

        Assert.Empty(port.EndsSoFar());
        var rest = (32 * MiB) - (20 * little);
        Assert.Equal(rest, (await client.ReadAsync(rest)).Length);
        await Until.TrueAsync(() => port.EndsSoFar().Length == 1);
        Assert.Equal(new FileSent(32 * MiB, FileSentEnd.Complete), port.EndsSoFar()[0]);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task StalledClient_IsCountedAndNamedAndTheOthersAreServed(bool tls)
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Listen = settings.Listen with
            {
                StallTimeout = TimeSpan.FromSeconds(3), // those who are not to be broken off have to keep within it, too
                Certificates = tls ? [TestCertificate.Shown(certificate)] : [],
            },
        });
        using var client = new PullClient();
        var layer = TestLayer.Upstream(proxy, 24 * MiB);
        using var stalled = await RawClient.ConnectAsync(proxy, receiveBufferBytes: 64 << 10);
        if (tls)
        {
            await stalled.UseTlsAsync();
        }

        await stalled.AskAsync(RawClient.Get(layer.Path()));
        await stalled.ReadHeadAsync();
        await proxy.LoggedAsync("took nothing for 3 s");
        await proxy.LoggedAsync("client left after ");
        var got = await stalled.ReadToEndAsync();

        Assert.InRange(got.Length, 0, layer.Bytes.Length - 1);
        Assert.True(layer.Bytes.AsSpan().StartsWith(got));
        await proxy.MeasuredAsync(1, "fastecr_client_stalled_total");
        if (!tls)
        {
            (await Pull.RunAsync(client, layer.Url(proxy))).AssertWhole(layer);
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task StalledTlsClients_AreNotToldOfAsServedWhole()
    {
        const int clients = 8;
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Listen = settings.Listen with
            {
                StallTimeout = TimeSpan.FromSeconds(1),
                Certificates = [TestCertificate.Shown(certificate)],
            },
        });
        var layer = TestLayer.Upstream(proxy, 12 * MiB); // more than sockets hold, and its rest is encrypted in a moment
        var stalled = new List<RawClient>();
        try
        {
            for (var i = 0; i < clients; i++)
            {
                var client = await RawClient.ConnectAsync(proxy, receiveBufferBytes: 64 << 10);
                stalled.Add(client);
                await client.UseTlsAsync();
                await client.AskAsync(RawClient.Get(layer.Path()));
                await client.ReadHeadAsync();
            }

            var ended = Array.Empty<string>();
            await Until.TrueAsync(() =>
            {
                ended = [.. proxy.Log.Lines.Where(line => line.Contains(layer.Path() + " 200 ", StringComparison.Ordinal))];
                return ended.Length == clients;
            });

            Assert.All(ended, line => Assert.Contains("client left after ", line, StringComparison.Ordinal));
            Assert.All(ended, line => Assert.DoesNotContain($" {layer.Bytes.Length} bytes in ", line, StringComparison.Ordinal));
        }
        finally
        {
            stalled.ForEach(static client => client.Dispose());
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task StalledClientWhoseConnectionTakesLongToEnd_IsBrokenOffAndCountedOnce()
    {
        var time = new FakeTimeProvider();
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        var log = new CapturedLog();
        using var loggers = LoggerFactory.Create(logging => logging.AddProvider(log));
        await using var outputs = new FileOutputs(
            FilePort.StallTimeout, new Disk(time), time, new ProxyMetrics(meters), loggers.CreateLogger<FileOutputs>());
        using var stalled = await UnendingConnection.OpenAsync();
        var serving = outputs.RunAsync(
            stalled, static async connection => await connection.Transport.Output.WriteAsync(new byte[32 * MiB]), takesFiles: true);
        await StandsStillAsync(time, outputs);

        await Until.TrueAsync(() =>
        {
            time.Advance(FilePort.StallTimeout); // its system may still have taken a little, which begins its time anew
            outputs.Look();
            return stalled.Aborts > 0;
        });
        for (var i = 0; i < 5; i++)
        {
            Assert.True(outputs.Look() >= FilePort.StallTimeout, "it still stands still");
        }

        Assert.Equal(1, stalled.Aborts);
        Assert.Equal(1, StalledClients(meters));
        Assert.Single(log.Lines);
        stalled.Client.Dispose();
        await serving;
    }

    private static long StalledClients(IMeterFactory meters)
    {
        using var listener = new MeterListener();
        long count = -1;
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Name == "fastecr.client.stalled")
            {
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => count = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return count;
    }

    private static Task StandsStillAsync(FilePort port) => StandsStillAsync(port.Time, port.Outputs);

    /// <summary>The socket is full and the client's system has told of all that it took.</summary>
    private static async Task StandsStillAsync(FakeTimeProvider time, FileOutputs outputs)
    {
        await Until.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromTicks(1));
            return outputs.Look() > TimeSpan.FromTicks(100);
        });
        outputs.Look();
    }
}
