using System.Diagnostics;
using System.Text;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Waits until a server writes a line, and says when that was seen.</summary>
internal sealed class FoundInLog(string logFile, string text)
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan PatienceMax = TimeSpan.FromMinutes(2);

    // What an earlier start wrote into the same file does not count.
    private readonly long _begin = File.Exists(logFile) ? new FileInfo(logFile).Length : 0;

    public async Task<(string Line, long At)> WaitAsync(CancellationToken cancel)
    {
        var began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(LookEvery);
        while (Stopwatch.GetElapsedTime(began) < PatienceMax)
        {
            await timer.WaitForNextTickAsync(cancel);
            var line = Written().Split('\n').SkipLast(1).FirstOrDefault(line => line.Contains(text, StringComparison.Ordinal));
            if (line is not null)
            {
                return (line, Stopwatch.GetTimestamp());
            }
        }

        throw new BenchFailure($"{logFile} has no line with '{text}' after {PatienceMax.TotalSeconds:F0} s.");
    }

    private string Written()
    {
        if (!File.Exists(logFile))
        {
            return "";
        }

        using var file = File.OpenHandle(logFile, share: FileShare.ReadWrite);
        var bytes = new byte[Math.Max(0, RandomAccess.GetLength(file) - _begin)];
        return Encoding.UTF8.GetString(bytes, 0, RandomAccess.Read(file, bytes, _begin));
    }
}
