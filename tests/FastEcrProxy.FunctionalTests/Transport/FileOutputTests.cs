using System.Net.Sockets;
using System.Security.Cryptography;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.Transport;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>Files on real sockets: exact to clients that behave, and nothing left of those that do not.</summary>
public sealed class FileOutputTests
{
    private const int MiB = 1 << 20;

    public static TheoryData<int> Lengths => [1, 4096, 100_000, (2 * MiB) - 1, 2 * MiB, (2 * MiB) + 1, (16 * MiB) + 3];

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(Lengths))]
    public async Task File_IsSentByteForByteAgainAndAgainOnOneConnection(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);
        await using var port = await FilePort.StartAsync(bytes);
        using var client = await port.ConnectAsync();

        for (var i = 0; i < 3; i++)
        {
            await client.AskAsync();
            Assert.Equal(bytes, await client.ReadAnswerAsync());
        }

        await client.AskAsync(SocketReading.Request + SocketReading.Request); // in one packet
        Assert.Equal(bytes, await client.ReadAnswerAsync());
        Assert.Equal(bytes, await client.ReadAnswerAsync());
        Assert.All(port.EndsSoFar(), end => Assert.Equal(new FileSent(length, FileSentEnd.Complete), end));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ManySlowClients_EachGetAllOfIt()
    {
        var bytes = RandomNumberGenerator.GetBytes(3 * MiB);
        await using var port = await FilePort.StartAsync(bytes);
        var clients = new List<Socket>();
        for (var i = 0; i < 1000; i++)
        {
            var client = await port.ConnectAsync(receiveBufferBytes: 16 << 10);
            await client.AskAsync();
            clients.Add(client);
        }

        await Until.TrueAsync(() => port.Outputs.Count == clients.Count);
        foreach (var client in clients) // one after the other: the last has waited for all
        {
            var got = await client.ReadAnswerAsync();
            Assert.True(bytes.AsSpan().SequenceEqual(got));
            client.Dispose();
        }

        await Until.TrueAsync(() => port.Outputs.Count == 0);
        Assert.All(port.EndsSoFar(), end => Assert.Equal(FileSentEnd.Complete, end.End));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(64 << 10)]
    [InlineData(5 * MiB)]
    public async Task ClientThatResetsAfterSoManyBytes_LeavesNothingBehind(int bytes)
    {
        await using var port = await FilePort.StartAsync(new byte[32 * MiB]);

        for (var i = 0; i < 20; i++)
        {
            var client = await port.ConnectAsync(receiveBufferBytes: 64 << 10);
            await client.AskAsync();
            Assert.Equal(bytes, (await client.ReadAsync(bytes)).Length);
            client.Reset();
        }

        await Until.TrueAsync(() => port.Outputs.Count == 0 && port.OpenDescriptors() == 0);
        Assert.All(port.EndsSoFar(), end =>
        {
            Assert.Equal(FileSentEnd.Disconnected, end.End);
            Assert.InRange(end.Bytes, Math.Max(0, bytes - 1000), (32 * MiB) - 1); // the head was among those read
        });
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatClosesOneHalf_LeavesNothingBehind()
    {
        await using var port = await FilePort.StartAsync(new byte[32 * MiB]);
        using var client = await port.ConnectAsync(receiveBufferBytes: 64 << 10);
        await client.AskAsync();
        await client.ReadHeadAsync();

        client.Shutdown(SocketShutdown.Send); // to the server, as to Kestrel's own output, that is leaving
        await client.ReadAsync(32 * MiB);

        await Until.TrueAsync(() => port.Outputs.Count == 0);
        Assert.NotEqual(FileSentEnd.FileFailed, Assert.Single(port.EndsSoFar()).End);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ConnectionBrokenOffHereWhileTheClientStandsStill_Ends()
    {
        await using var port = await FilePort.StartAsync(new byte[32 * MiB]);
        using var client = await port.ConnectAsync(receiveBufferBytes: 64 << 10);
        await client.AskAsync();
        await client.ReadHeadAsync();
        await Until.TrueAsync(() => IsFull(port));

        port.Abort();

        await Until.TrueAsync(() => port.EndsSoFar().Length == 1 && port.Outputs.Count == 0);
        Assert.Equal(FileSentEnd.Disconnected, port.EndsSoFar()[0].End);
        Assert.InRange((await client.ReadAsync(32 * MiB)).Length, 0, (32 * MiB) - 1);
        client.Dispose();
        await Until.TrueAsync(() => port.OpenDescriptors() == 0);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FileShorterThanAnnounced_IsSaidWithTheBytesThatWent()
    {
        var bytes = RandomNumberGenerator.GetBytes(3 * MiB);
        await using var port = await FilePort.StartAsync(bytes);
        port.Announced = bytes.Length + 1000;
        using var client = await port.ConnectAsync();

        await client.AskAsync();
        var got = await client.ReadAnswerAsync();

        Assert.True(bytes.AsSpan().StartsWith(got) && got.Length <= bytes.Length, "short, and right as far as it goes");
        Assert.Equal([new FileSent(bytes.Length, FileSentEnd.FileFailed)], port.EndsSoFar());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FileCutShortWhileTheClientStandsStill_IsSaidWithTheBytesThatWent()
    {
        await using var port = await FilePort.StartAsync(new byte[32 * MiB]);
        using var client = await port.ConnectAsync(receiveBufferBytes: 64 << 10);
        await client.AskAsync();
        await client.ReadHeadAsync();
        await Until.TrueAsync(() => IsFull(port));

        using (var file = File.OpenHandle(port.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            RandomAccess.SetLength(file, MiB);
        }

        var got = await client.ReadAsync(32 * MiB);

        var end = Assert.Single(port.EndsSoFar());
        Assert.Equal(FileSentEnd.FileFailed, end.End);
        Assert.InRange(got.Length, 0, end.Bytes);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task FileThatCannotBeRead_IsSaidAndTheConnectionIsWell()
    {
        var instead = RandomNumberGenerator.GetBytes(MiB);
        await using var port = await FilePort.StartAsync(new byte[MiB]);
        using var readable = port.Handle;
        port.Handle = File.OpenHandle(port.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        port.Instead = instead;
        using var client = await port.ConnectAsync();

        for (var i = 0; i < 2; i++)
        {
            await client.AskAsync();
            Assert.Equal(instead, await client.ReadAnswerAsync());
        }

        Assert.All(port.EndsSoFar(), end => Assert.Equal(new FileSent(0, FileSentEnd.FileFailed), end));
    }

    /// <summary>An answer from memory of which the socket takes a part: the rest goes when there is room, and behind it.</summary>
    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task AnswerLargerThanTheSocket_IsSentByteForByteToWhoReadsItLate()
    {
        var instead = RandomNumberGenerator.GetBytes((16 * MiB) + 7);
        await using var port = await FilePort.StartAsync(new byte[instead.Length]);
        using var readable = port.Handle;
        port.Handle = File.OpenHandle(port.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        port.Instead = instead;
        using var client = await port.ConnectAsync(receiveBufferBytes: 16 << 10);

        for (var i = 0; i < 2; i++)
        {
            await client.AskAsync();
            await Until.TrueAsync(() => IsFull(port));
            var got = await client.ReadAnswerAsync();
            Assert.True(instead.AsSpan().SequenceEqual(got));
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatResetsInTheMiddleOfAnAnswerFromMemory_LeavesNothingBehind()
    {
        await using var port = await FilePort.StartAsync(new byte[16 * MiB]);
        using var readable = port.Handle;
        port.Handle = File.OpenHandle(port.Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        port.Instead = new byte[16 * MiB];
        var client = await port.ConnectAsync(receiveBufferBytes: 16 << 10);
        await client.AskAsync();
        await Until.TrueAsync(() => IsFull(port));

        client.Reset();

        await Until.TrueAsync(() => port.HasNothingLeft);
    }

    /// <summary>Whether the one connection waits for room.</summary>
    private static bool IsFull(FilePort port)
    {
        port.Time.Advance(TimeSpan.FromTicks(1));
        return port.Outputs.Look() > TimeSpan.Zero;
    }
}
