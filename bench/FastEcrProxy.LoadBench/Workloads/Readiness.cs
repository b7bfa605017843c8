using System.Diagnostics;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Asks a proxy's admin port until it says ready, and says when that was.</summary>
internal static class Readiness
{
    private static readonly TimeSpan AskEvery = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan PatienceMax = TimeSpan.FromMinutes(2);

    public static async Task<long> WaitAsync(int adminPort, CancellationToken cancel)
    {
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { UseProxy = false });
        var began = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(AskEvery);
        while (Stopwatch.GetElapsedTime(began) < PatienceMax)
        {
            await timer.WaitForNextTickAsync(cancel);
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{adminPort}/readyz");
                using var answer = await http.SendAsync(request, cancel);
                if (answer.IsSuccessStatusCode)
                {
                    return Stopwatch.GetTimestamp();
                }
            }
            catch (HttpRequestException)
            {
                // its port is not open yet
            }
        }

        throw new BenchFailure($"The proxy is not ready after {PatienceMax.TotalSeconds:F0} s.");
    }
}
