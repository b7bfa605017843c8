using System.Globalization;
using System.Net.Sockets;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>Ten thousand connections that say nothing, or begin a request and go no further: they cost little and hold nobody up.</summary>
public sealed class ManyConnectionsTests
{
    private const int Wanted = 10_000;
    private const int Spare = 3_000; // descriptors for the tests that run at the same time
    private const int AtATime = 250; // below what a listening socket keeps waiting
    private const int BytesEachMax = 32 << 10;

    private static readonly byte[][] Beginnings =
    [
        [],
        "GET /v2/team/app/man"u8.ToArray(),
        "GET /v2/ HTTP/1.1\r\nHost: x\r\nX-Slow: "u8.ToArray(),
    ];

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task IdleConnections_TakeLittleMemoryAndHoldNobodyUp()
    {
        await using var proxy = await ProxyUnderTest.StartAsync(adjust: static settings => settings with
        {
            Listen = settings.Listen with
            {
                Connections = settings.Listen.Connections with { Total = 2 * Wanted, PerAddress = 2 * Wanted }, // all come from one
            },
        });
        using var client = new PullClient();
        await client.GetBytesAsync($"{proxy.Url}/v2/");
        var count = Math.Min(Wanted, (DescriptorsMax() - Directory.GetFiles("/proc/self/fd").Length - Spare) / 2);
        Assert.SkipUnless(count >= 1_000, $"The limit of open files leaves room for {count} connections.");
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var idle = new List<Socket>(count);
        try
        {
            while (idle.Count < count)
            {
                var next = Enumerable.Range(0, Math.Min(AtATime, count - idle.Count));
                idle.AddRange(await Task.WhenAll(next.Select(number => ConnectAsync(proxy, number))));
            }

            await client.GetBytesAsync($"{proxy.Url}/v2/"); // those before it in the queue have been taken by now
            var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / count;

            Assert.InRange(each, 0, BytesEachMax);
            Assert.True(idle.Count(static socket => socket.Connected) > count / 2);
        }
        finally
        {
            idle.ForEach(static socket => socket.Dispose());
        }

        await client.GetBytesAsync($"{proxy.Url}/v2/");
    }

    private static async Task<Socket> ConnectAsync(ProxyUnderTest proxy, int number)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy.Proxy.DataAddress, TestContext.Current.CancellationToken);
        await socket.SendAsync(Beginnings[number % Beginnings.Length], TestContext.Current.CancellationToken);
        return socket;
    }

    private static int DescriptorsMax()
    {
        var line = File.ReadLines("/proc/self/limits").Single(static text => text.StartsWith("Max open files", StringComparison.Ordinal));
        return int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture);
    }
}
