using System.Diagnostics;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>Sums up what connections did.</summary>
internal static class Answers
{
    public static ClientAnswer Of(IReadOnlyList<PlainConnection> connections, Latencies latencies, long started)
    {
        var finished = Stopwatch.GetTimestamp();
        latencies.Sort();
        return new ClientAnswer
        {
            Bytes = connections.Sum(static connection => connection.Bytes),
            LeastBytes = connections.Min(static connection => connection.Bytes),
            Requests = connections.Sum(static connection => connection.Answered),
            Seconds = Stopwatch.GetElapsedTime(started, finished).TotalSeconds,
            MedianMilliseconds = latencies.Milliseconds(0.5),
            Percentile99Milliseconds = latencies.Milliseconds(0.99),
            FinishedAt = finished,
            Failures = connections.Count(static connection => connection.Failure is not null),
            Failure = connections.FirstOrDefault(static connection => connection.Failure is not null)?.Failure,
        };
    }
}
