using System.Net.Sockets;
using System.Security.Cryptography;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.Transport;

namespace FastEcrProxy.FunctionalTests.Transport;

/// <summary>Connections that end where no answer is under way: nothing is left of them, and others are served.</summary>
public sealed class LeavingConnectionTests
{
    private const int Times = 20;
    private const int MoreThanAnyError = 64 << 10;

    private static readonly byte[] Bytes = RandomNumberGenerator.GetBytes(300_000);

    /// <summary>How many answers the client takes, and what it has sent of its next request when it leaves.</summary>
    public static TheoryData<int, string> Stages => new()
    {
        { 0, "" },
        { 0, "G" },
        { 0, "GET /file HTTP/1.1\r\n" },
        { 0, "GET /file HTTP/1.1\r\nHost: x\r\nUser-Ag" },
        { 0, "GET /file HTTP/1.1\r\nHost: x\r\n\r" },
        { 1, "" },
        { 2, "" },
        { 1, "GET /file HTTP/1.1\r\nHos" },
    };

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(Stages))]
    public async Task Reset_LeavesNothingBehind(int answers, string sent)
    {
        await using var port = await FilePort.StartAsync(Bytes);

        for (var i = 0; i < Times; i++)
        {
            var client = await ConnectAsync(port, answers, sent);
            client.Reset();
        }

        await AssertNothingIsLeftAsync(port, answers);
    }

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(Stages))]
    public async Task HalfClose_EndsTheConnectionAndLeavesNothingBehind(int answers, string sent)
    {
        await using var port = await FilePort.StartAsync(Bytes);

        for (var i = 0; i < Times; i++)
        {
            using var client = await ConnectAsync(port, answers, sent);
            client.Shutdown(SocketShutdown.Send);
            Assert.InRange((await client.ReadAsync(MoreThanAnyError)).Length, 0, MoreThanAnyError - 1); // the other half is closed, too
        }

        await AssertNothingIsLeftAsync(port, answers);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LeavingRightAfterTheRequest_LeavesNothingBehind(bool byReset)
    {
        await using var port = await FilePort.StartAsync(Bytes);

        for (var i = 0; i < Times; i++)
        {
            using var client = await ConnectAsync(port, answers: 0, SocketReading.Request);
            if (byReset)
            {
                client.Reset();
                continue;
            }

            client.Shutdown(SocketShutdown.Send);
            var got = await client.ReadAsync(Bytes.Length + MoreThanAnyError);
            var body = got.Length == 0 ? [] : got[(got.AsSpan().IndexOf("\r\n\r\n"u8) + 4)..];
            Assert.True(Bytes.AsSpan().StartsWith(body), "what is on its way still comes, and is right");
        }

        await Until.TrueAsync(() => port.HasNothingLeft);
        Assert.DoesNotContain(port.EndsSoFar(), static end => end.End is FileSentEnd.FileFailed);
    }

    private static async Task<Socket> ConnectAsync(FilePort port, int answers, string sent)
    {
        var client = await port.ConnectAsync();
        for (var i = 0; i < answers; i++)
        {
            await client.AskAsync();
            Assert.Equal(Bytes, await client.ReadAnswerAsync());
        }

        await client.AskAsync(sent);
        return client;
    }

    private static async Task AssertNothingIsLeftAsync(FilePort port, int answers)
    {
        (await ConnectAsync(port, answers: 1, sent: "")).Dispose(); // who comes later is served, and those before have been accepted
        await Until.TrueAsync(() => port.HasNothingLeft);
        Assert.Equal(Enumerable.Repeat(new FileSent(Bytes.Length, FileSentEnd.Complete), (answers * Times) + 1), port.EndsSoFar());
    }
}
