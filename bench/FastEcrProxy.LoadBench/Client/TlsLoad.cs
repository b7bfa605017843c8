using System.Diagnostics;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>Reads over TLS, a thread for each connection, and throws the bytes away once they are deciphered.</summary>
internal sealed class TlsLoad(ClientOrder order)
{
    private const int BufferBytes = 64 << 10; // stays in the processor's own cache

    private readonly Latencies _latencies = new();
    private readonly Lock _gate = new();
    private long _bytes;
    private long _requests;
    private int _failures;
    private string? _failure;

    public ClientAnswer Run()
    {
        var streams = Enumerable.Range(0, order.Connections).Select(_ => new OpenSslStream(order.Port)).ToList();
        var started = Stopwatch.GetTimestamp();
        var threads = streams.Select((stream, i) => new Thread(() => Pull(stream, i, started))).ToList();
        threads.ForEach(static thread => thread.Start());
        threads.ForEach(static thread => thread.Join());
        var finished = Stopwatch.GetTimestamp();
        streams.ForEach(static stream => stream.Dispose());

        _latencies.Sort();
        return new ClientAnswer
        {
            Bytes = _bytes,
            Requests = _requests,
            Seconds = Stopwatch.GetElapsedTime(started, finished).TotalSeconds,
            MedianMilliseconds = _latencies.Milliseconds(0.5),
            Percentile99Milliseconds = _latencies.Milliseconds(0.99),
            FinishedAt = finished,
            Failures = _failures,
            Failure = _failure,
        };
    }

    private void Pull(Stream stream, int connection, long started)
    {
        var buffer = new byte[BufferBytes];
        var latencies = new Latencies();
        var (bytes, requests, turn) = (0L, 0L, connection * order.Wanted.Count / order.Connections);
        try
        {
            while (order.PerConnection > 0
                ? requests < order.PerConnection
                : Stopwatch.GetElapsedTime(started).TotalSeconds < order.Seconds)
            {
                var asked = Stopwatch.GetTimestamp();
                var wanted = order.Wanted[turn++ % order.Wanted.Count];
                StreamedAnswer.Read(stream, wanted, order.Port, buffer, piece => bytes += piece.Length);
                latencies.Add(asked, Stopwatch.GetTimestamp());
                requests++;
            }
        }
        catch (Exception failure) when (failure is IOException or InvalidDataException)
        {
            lock (_gate)
            {
                (_failures, _failure) = (_failures + 1, _failure ?? failure.Message);
            }
        }

        lock (_gate)
        {
            (_bytes, _requests) = (_bytes + bytes, _requests + requests);
            _latencies.Add(latencies);
        }
    }
}
