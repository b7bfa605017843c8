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
            .Where(thread => File.ReadAllText($"{thread}/comm").Trim() == ".NET Sockets")
            .Select(thread => File.ReadAllText($"{thread}/stat"))
            .Select(stat => stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[PolicyColumn - 3])
            .ToList();

        Assert.NotEmpty(policies);
        Assert.All(policies, policy => Assert.Equal(Batch, policy));
        Assert.Equal(policies.Count, SocketThreads.LetOthersFinish());
    }
}
