using System.Net;
using System.Net.Sockets;
using FastEcrProxy.FunctionalTests.Processes;

namespace FastEcrProxy.FunctionalTests.Cli;

/// <summary>The first command of the README, as a newcomer runs it.</summary>
public class DemoVerbTests
{
    private protected virtual Executable Executable => Executable.Built;

    [Fact]
    public async Task Demo_PullsTwiceAndTheSecondTimeFromDisk()
    {
        var run = await CliRun.RunAsync(Executable, "demo", "--once", "--listen", "127.0.0.1:0");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        var (first, second) = (Rows(run, '1'), Rows(run, '2'));
        Assert.Equal(5, first.Length);
        Assert.Equal(5, second.Length);
        Assert.Equal(3, first.Count(row => row.Contains("ECR, then S3", StringComparison.Ordinal)));
        Assert.All(second, row => Assert.Contains("disk", row, StringComparison.Ordinal));
    }

    [Fact]
    public async Task DemoBehindAProxyForTheInternet_StaysOnThisMachine()
    {
        var environment = new Dictionary<string, string> { ["http_proxy"] = "http://127.0.0.1:9", ["https_proxy"] = "http://127.0.0.1:9" };

        var run = await CliRun.RunAsync(Executable, environment, "demo", "--once", "--listen", "127.0.0.1:0");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
    }

    [Theory]
    [InlineData("/dev/null")]
    [InlineData("/proc/no/such/place")]
    public async Task DemoWithoutATemporaryDirectory_SaysWhatToDoInOneLine(string directory)
    {
        var environment = new Dictionary<string, string> { ["TMPDIR"] = directory };

        var run = await CliRun.RunAsync(Executable, environment, "demo", "--once", "--listen", "127.0.0.1:0");

        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        var line = Assert.Single(run.ErrorLines);
        Assert.Contains($" temporary directory, and none can be made under {directory}", line, StringComparison.Ordinal);
        Assert.EndsWith("in TMPDIR; in a container, give it --tmpfs /tmp.", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task DemoOnATakenPort_SaysSoInOneLine()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        var run = await CliRun.RunAsync(Executable, "demo", "--once", "--listen", taken.LocalEndpoint.ToString()!);

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("Listen.Address", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    private static string[] Rows(CliRun run, char pull) =>
        [.. run.OutputLines.Where(line => line.TrimStart().StartsWith($"{pull}  ", StringComparison.Ordinal))];
}
