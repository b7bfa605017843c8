using System.Net;
using System.Net.Sockets;
using FastEcrProxy.FunctionalTests.Processes;

namespace FastEcrProxy.FunctionalTests.Cli;

/// <summary>What the executable says and which code it exits with, for everything but a running proxy.</summary>
public class CommandLineTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fep-cli-");

    private protected virtual Executable Executable => Executable.Built;

    [Theory]
    [InlineData("serve", "--cache-size <SIZE>", "Default: 100GiB.", "FEP_Cache__Size", "Examples:")]
    [InlineData("check", "--cache-size <SIZE>", "Default: 100GiB.", "Exit code 0", "Examples:")]
    [InlineData("healthcheck", "--admin <ADDR:PORT>", "Default: 127.0.0.1:5001.", "FEP_Admin__Address", "Exit code 0")]
    [InlineData("warm", "--platform <OS/ARCH>", "--proxy <URL>", "Default: http://127.0.0.1:5000.", "Examples:")]
    [InlineData("version", "Print version", "Usage:", "--help", "Options:")]
    public async Task HelpOfAVerb_SaysWhatItTakesAndShowsHow(string verb, params string[] expected)
    {
        var run = await CliRun.RunAsync(Executable, verb, "--help");

        Assert.Equal(0, run.ExitCode);
        Assert.Empty(run.Errors);
        Assert.All(expected, text => Assert.Contains(text, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task NoArguments_ShowTheVerbs()
    {
        var run = await CliRun.RunAsync(Executable);

        Assert.Equal(0, run.ExitCode);
        Assert.All(
            ["serve", "check", "healthcheck", "version", "warm", "docker pull"],
            text => Assert.Contains(text, run.Output, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Version_NamesVersionCommitAndRuntime()
    {
        var run = await CliRun.RunAsync(Executable, "version");

        Assert.Equal(0, run.ExitCode);
        Assert.Matches(@"^fast-ecr-proxy \d+\.\d+\.\d+\S*\ncommit \w+\nruntime \.NET 10\.\S+, \S+\n$", run.Output);
    }

    [Theory]
    [InlineData("serve", "--upsteam", "'--upsteam': unknown flag; did you mean --upstream?", "See: fast-ecr-proxy serve --help")]
    [InlineData("serve", "now", "'now': unknown argument.", "See: fast-ecr-proxy serve --help")]
    [InlineData("chekc", "", "'chekc': unknown command; did you mean check?", "See: fast-ecr-proxy --help")]
    [InlineData("frobnicate", "", "'frobnicate': unknown command.", "See: fast-ecr-proxy --help")]
    public async Task UnknownWord_IsTwoLinesAndNotTheWholeHelp(string verb, string argument, string problem, string hint)
    {
        var run = await CliRun.RunAsync(Executable, argument.Length == 0 ? [verb] : [verb, argument]);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Equal([problem, hint], run.ErrorLines);
    }

    [Theory]
    [InlineData("serve")]
    [InlineData("check")]
    public async Task BadConfiguration_IsOneLineEachAndNothingElse(string verb)
    {
        var file = Path.Combine(_directory.FullName, "config.json");
        await File.WriteAllTextAsync(file, """{ "Cache": { "Size": "100 potatoes" } }""", TestContext.Current.CancellationToken);

        var run = await CliRun.RunAsync(
            Executable,
            new Dictionary<string, string> { ["FEP_Cache__Directry"] = "/x" },
            verb, "--config", file, "--upstream", "docker.io", "--ca-file", "/nowhere",
            "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--cache-dir", _directory.FullName);

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Equal(
            [
                "FEP_Cache__Directry: unknown variable; did you mean FEP_Cache__Directory?",
                "Upstream.CaFile = \"/nowhere\": there is no such file (from --ca-file)",
                "Upstream.Host = \"docker.io\": is not an ECR host name (123456789012.dkr.ecr.REGION.amazonaws.com); "
                    + "another registry needs Upstream.Endpoint (from --upstream)",
                $"Cache.Size = \"100 potatoes\": not a size from 1MiB up; write 100GiB, 75g or a number of bytes (from {file})",
            ],
            run.ErrorLines);
    }

    [Fact]
    public async Task PortInUse_IsNamedWithItsKey()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var run = await CliRun.RunAsync(
            Executable,
            "serve", "--listen", $"{other.LocalEndpoint}", "--admin", "127.0.0.1:0", "--cache-dir", _directory.FullName);

        Assert.Equal(2, run.ExitCode);
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        Assert.Equal(
            [
                $"Listen.Address = \"127.0.0.1:{port}\": port {port} is in use by another program; "
                    + "stop that one or write another port (from --listen)",
            ],
            run.ErrorLines);
    }

    [Fact]
    public async Task HealthcheckOfNobody_FailsInOneLine()
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0)); // bound and not listening: nobody else gets the port

        var run = await CliRun.RunAsync(Executable, "healthcheck", "--admin", $"{reserved.LocalEndPoint}");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"{reserved.LocalEndPoint}", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Fact]
    public async Task HealthcheckWithABadAddress_IsBadConfiguration()
    {
        var environment = new Dictionary<string, string> { ["FEP_Admin__Address"] = "here", ["FEP_Cache__Size"] = "x" };

        var run = await CliRun.RunAsync(Executable, environment, "healthcheck");

        Assert.Equal(2, run.ExitCode);
        Assert.StartsWith("Admin.Address = \"here\": not an address", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
