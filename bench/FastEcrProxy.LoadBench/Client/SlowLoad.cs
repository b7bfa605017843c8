using System.Diagnostics;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>
/// Hundreds of connections that each read at a steady, slow rate. A connection fails that is broken off, or that at the end
/// has got next to nothing.
/// </summary>
internal sealed unsafe class SlowLoad(ClientOrder order)
{
    private const int TickMilliseconds = 50;
    private const int ReceiveBufferBytes = 256 << 10; // small, so that the server feels how slow we are
    private const double ShareOfDueMin = 0.25; // less is no service; how much it was is reported

    public ClientAnswer Run()
    {
        var connections = new List<PlainConnection>();
        try
        {
            for (var i = 0; i < order.Connections; i++)
            {
                connections.Add(new PlainConnection(order.Port, ReceiveBufferBytes) { Turn = i });
            }

            var started = Stopwatch.GetTimestamp();
            foreach (var connection in connections)
            {
                var wanted = order.Wanted[connection.Turn % order.Wanted.Count];
                connection.Ask(wanted, Request.For(wanted, order.Port), started);
            }

            ReadSlowly(connections, started);
            return Answers.Of(connections, new Latencies(), started);
        }
        finally
        {
            connections.ForEach(static connection => connection.Dispose());
        }
    }

    private void ReadSlowly(List<PlainConnection> connections, long started)
    {
        var elapsed = 0.0;
        while (elapsed < order.Seconds)
        {
            _ = Libc.Poll(null, 0, TickMilliseconds);
            elapsed = Stopwatch.GetElapsedTime(started).TotalSeconds;
            foreach (var connection in connections.Where(static connection => connection.Failure is null && connection.Answered == 0))
            {
                var due = (long)(order.BytesPerSecond * elapsed) - connection.Bytes;
                if (due > 0)
                {
                    connection.Receive(due);
                }
            }
        }

        foreach (var connection in connections.Where(static connection => connection.Answered == 0))
        {
            if (connection.Bytes < order.BytesPerSecond * order.Seconds * ShareOfDueMin)
            {
                connection.Fail($"only {connection.Bytes} bytes came in {elapsed:F1} s");
            }
        }
    }
}
