using System.Net;
using System.Net.Sockets;
using System.Text;

namespace FastEcrProxy.Admin;

/// <summary>
/// Asks a running proxy whether it is ready: what <c>fast-ecr-proxy healthcheck</c> does, for containers without a shell.
/// One request by hand on a socket; an HTTP client would be most of such a short process.
/// </summary>
internal sealed class HealthProbe(TimeProvider time)
{
    // Shorter than the time-outs of Docker (30 s) and of most load balancers (5 s), so that ours is the message seen.
    private static readonly TimeSpan TimeOut = TimeSpan.FromSeconds(3);

    private const int AnswerBytesMax = 64 * 1024; // a report is under 1 KiB

    private static ReadOnlySpan<byte> ReadyStatus => "HTTP/1.1 200 "u8;

    private static ReadOnlySpan<byte> EndOfHeaders => "\r\n\r\n"u8;

    /// <summary>Never throws for what a proxy that is down, hung or something else does: that is an answer too.</summary>
    /// <param name="admin">Where the admin port listens. The wildcard addresses are asked on loopback.</param>
    /// <param name="cancel">Ends the probe with an exception.</param>
    public async Task<ProbeAnswer> AskAsync(EndPoint admin, CancellationToken cancel)
    {
        var address = Reachable(admin);
        using var timeOut = new CancellationTokenSource(TimeOut, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeOut.Token, cancel);
        try
        {
            return Read(await ExchangeAsync(address, either.Token));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new ProbeAnswer(false, $"{address} gave no answer within {TimeOut.TotalSeconds} s");
        }
        catch (SocketException failure)
        {
            return new ProbeAnswer(false, $"{address} cannot be asked: {failure.Message}; is it running? --admin names another address");
        }
    }

    /// <summary>0.0.0.0 and [::] mean "every address of this machine": loopback is one that always answers.</summary>
    internal static EndPoint Reachable(EndPoint admin) => admin switch
    {
        IPEndPoint ip when ip.Address.Equals(IPAddress.Any) => new IPEndPoint(IPAddress.Loopback, ip.Port),
        IPEndPoint ip when ip.Address.Equals(IPAddress.IPv6Any) => new IPEndPoint(IPAddress.IPv6Loopback, ip.Port),
        _ => admin,
    };

    private static async Task<ReadOnlyMemory<byte>> ExchangeAsync(EndPoint address, CancellationToken cancel)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(address, cancel);
        await socket.SendAsync("GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"u8.ToArray(), cancel);

        var answer = new byte[AnswerBytesMax];
        var length = 0;
        while (length < AnswerBytesMax && await socket.ReceiveAsync(answer.AsMemory(length), cancel) is > 0 and var read)
        {
            length += read;
        }

        return answer.AsMemory(0, length);
    }

    private static ProbeAnswer Read(ReadOnlyMemory<byte> answer)
    {
        var endOfHeaders = answer.Span.IndexOf(EndOfHeaders);
        if (endOfHeaders < 0)
        {
            return new ProbeAnswer(false, "what listens there does not answer as fast-ecr-proxy does");
        }

        var body = Encoding.UTF8.GetString(answer.Span[(endOfHeaders + EndOfHeaders.Length)..]);
        return new ProbeAnswer(answer.Span.StartsWith(ReadyStatus), body);
    }
}
