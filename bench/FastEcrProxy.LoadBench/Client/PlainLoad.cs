using System.Diagnostics;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>Many connections, one thread: asks, counts, asks again.</summary>
internal sealed class PlainLoad(ClientOrder order)
{
    private const int SilenceMaxMilliseconds = 60_000;
    private const int LookAtTheClockMilliseconds = 20;

    private readonly byte[][] _requests = [.. order.Wanted.Select(wanted => Request.For(wanted, order.Port))];
    private readonly List<PlainConnection> _connections = [];
    private readonly Latencies _latencies = new();
    private int _active;

    public ClientAnswer Run()
    {
        using var epoll = new Epoll();
        try
        {
            for (var i = 0; i < order.Connections; i++)
            {
                _connections.Add(new PlainConnection(order.Port) { Turn = i * order.Wanted.Count / order.Connections });
                epoll.Add(_connections[i].Descriptor, i);
            }

            var started = Stopwatch.GetTimestamp();
            _active = _connections.Count;
            _connections.ForEach(connection => Ask(connection, started));
            Loop(epoll, started);
            return Answers.Of(_connections, _latencies, started);
        }
        finally
        {
            _connections.ForEach(static connection => connection.Dispose());
        }
    }

    private void Loop(Epoll epoll, long started)
    {
        var deadline = order.Seconds > 0 ? started + (long)(order.Seconds * Stopwatch.Frequency) : long.MaxValue;
        var lastHeard = started;
        while (_active > 0)
        {
            var ready = epoll.Wait(LookAtTheClockMilliseconds);
            var now = Stopwatch.GetTimestamp();
            if (now < deadline && order.WhileExists is not null && !File.Exists(order.WhileExists))
            {
                deadline = now;
            }

            if (now >= deadline && order.HangUp)
            {
                return;
            }

            if (ready > 0)
            {
                lastHeard = now;
            }
            else if (Stopwatch.GetElapsedTime(lastHeard, now).TotalMilliseconds > SilenceMaxMilliseconds)
            {
                _connections[0].Fail($"nothing came on any connection for {SilenceMaxMilliseconds / 1000} s");
                return;
            }

            for (var i = 0; i < ready; i++)
            {
                Read(_connections[epoll.NumberOf(i)], now < deadline);
            }
        }
    }

    private void Read(PlainConnection connection, bool inTime)
    {
        if (connection.Receive())
        {
            var now = Stopwatch.GetTimestamp();
            _latencies.Add(connection.AskedAt, now);
            if (inTime && (order.PerConnection == 0 || connection.Answered < order.PerConnection))
            {
                Ask(connection, now);
            }
            else
            {
                _active--;
            }
        }

        if (connection.Failure is not null)
        {
            _active = 0; // one wrong answer is the end: figures beside it would say nothing
        }
    }

    private void Ask(PlainConnection connection, long now)
    {
        var turn = connection.Turn++ % order.Wanted.Count;
        connection.Ask(order.Wanted[turn], _requests[turn], now);
    }
}
