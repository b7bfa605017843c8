using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.FunctionalTests.Server;

public sealed class SocketThreadsTests
{
    private const string Batch = "3"; // SCHED_BATCH
    private const int PolicyColumn = 41; // proc(5), /proc/PID/stat

    [Fact]
    public async Task ThreadThatWaitsForSockets_IsABatchThreadOnceAProxyRuns()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();

        var policies = Directory.EnumerateDirectories("/proc/self/task")
            .Where(thread => Read($"{thread}/comm").Trim() == ".NET Sockets")
            .Select(thread => Read($"{thread}/stat"))
            .Select(stat => stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[PolicyColumn - 3])
            .ToList();

        Assert.NotEmpty(policies);
        Assert.All(policies, policy => Assert.Equal(Batch, policy));
        Assert.Equal(policies.Count, SocketThreads.LetOthersFinish());
    }

    /// <summary>Empty of a thread that has ended meanwhile: other tests' come and go.</summary>
    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (IOException)
        {
            return "";
        }
    }
}
