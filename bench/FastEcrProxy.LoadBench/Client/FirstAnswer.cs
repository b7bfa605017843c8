using System.Diagnostics;
using System.Net.Sockets;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>Knocks at a server that is starting until it gives what is wanted, and says when that was.</summary>
internal static unsafe class FirstAnswer
{
    private const int KnockEveryMilliseconds = 1;
    private static readonly TimeSpan PatienceMax = TimeSpan.FromSeconds(30);

    public static ClientAnswer Run(ClientOrder order)
    {
        var started = Stopwatch.GetTimestamp();
        var buffer = new byte[64 << 10];
        while (true)
        {
            try
            {
                using var stream = ClientStream.Open(order);
                StreamedAnswer.Read(stream, order.Wanted[0], order.Port, buffer, static _ => { });
                var finished = Stopwatch.GetTimestamp();
                return new ClientAnswer
                {
                    Bytes = order.Wanted[0].Length,
                    Requests = 1,
                    Seconds = Stopwatch.GetElapsedTime(started, finished).TotalSeconds,
                    FinishedAt = finished,
                };
            }
            catch (Exception notYet) when (notYet is SocketException or IOException or InvalidDataException)
            {
                if (Stopwatch.GetElapsedTime(started) > PatienceMax)
                {
                    throw new InvalidDataException($"no answer within {PatienceMax.TotalSeconds:F0} s of its start: {notYet.Message}");
                }

                _ = Libc.Poll(null, 0, KnockEveryMilliseconds);
            }
        }
    }
}
