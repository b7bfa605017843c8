using FastEcrProxy.FunctionalTests.Processes;
using FastEcrProxy.FunctionalTests.RealClients;

namespace FastEcrProxy.FunctionalTests.Binary;

/// <summary>What a publish leaves: one native executable, its symbols beside it, and stack traces all the same.</summary>
public sealed class PublishTests : IAsyncDisposable
{
    private readonly Room _room = new(isolated: false);

    public ValueTask DisposeAsync() => _room.DisposeAsync();

    [Fact]
    public async Task Executable_IsStrippedAndItsSymbolsAreBesideIt()
    {
        Tools.Need("readelf");
        var executable = Executable.Published.FileName;

        Assert.Equal(
            ["fast-ecr-proxy", "fast-ecr-proxy.dbg"],
            Directory.EnumerateFileSystemEntries(Path.GetDirectoryName(executable)!).Select(Path.GetFileName).Order());
        Assert.DoesNotContain(".symtab", await ReadElfAsync("--sections", executable), StringComparison.Ordinal);
        var symbols = await ReadElfAsync("--sections", $"{executable}.dbg");
        Assert.Contains(".symtab", symbols, StringComparison.Ordinal);
        Assert.Contains(".debug_info", symbols, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Executable_NeedsTheCLibraryAndNothingElse()
    {
        Tools.Need("readelf");

        var dynamic = await ReadElfAsync("--dynamic", Executable.Published.FileName);

        var needed = dynamic.Split('\n').Where(line => line.Contains("(NEEDED)", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(needed);
        Assert.All(needed, line => Assert.Matches(@"\[(libc\.so\.6|libm\.so\.6|ld-linux[a-z0-9-]*\.so\.\d)\]$", line));
    }

    [Fact]
    public async Task Exception_NamesTheMethodsThatItCameThrough()
    {
        Tools.Need("sh");

        // A bug cannot be ordered; an output that takes nothing can.
        var run = await _room.RunAsync("sh", "-c", "exec \"$0\" check >/dev/full", Executable.Published.FileName);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains("Unhandled exception: System.IO.IOException: No space left on device", run.Errors, StringComparison.Ordinal);
        Assert.Contains("   at System.Console.WriteLine(String)", run.Errors, StringComparison.Ordinal);
        Assert.Contains("   at FastEcrProxy.Cli.CheckVerb.<RunAsync>", run.Errors, StringComparison.Ordinal);
    }

    private async Task<string> ReadElfAsync(string what, string file) =>
        (await _room.RunAsync("readelf", "--wide", what, file)).MustSucceed().Output;
}
