using System.Diagnostics;
using FastEcrProxy.FunctionalTests.Processes;

namespace FastEcrProxy.FunctionalTests.Cli;

/// <summary>One run of the executable, to its end, as a person sees it.</summary>
internal sealed record CliRun(int ExitCode, string Output, string Errors)
{
    private static readonly TimeSpan LongestRun = TimeSpan.FromMinutes(2);

    public string[] ErrorLines => Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public string[] OutputLines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public static Task<CliRun> RunAsync(Executable executable, params string[] arguments) =>
        RunAsync(executable, new Dictionary<string, string>(), arguments);

    public static Task<CliRun> RunAsync(
        Executable executable, IReadOnlyDictionary<string, string> environment, params string[] arguments) =>
        RunAsync(executable, environment, static _ => Task.CompletedTask, arguments);

    /// <summary>Told to stop, as by Ctrl-C, when it is in its middle.</summary>
    public static Task<CliRun> InterruptAsync(
        Executable executable, IReadOnlyDictionary<string, string> environment, Func<Task> isInTheMiddle, params string[] arguments) =>
        RunAsync(
            executable, environment,
            async process =>
            {
                await isInTheMiddle();
                using var kill = Process.Start("/bin/sh", ["-c", $"kill -INT {process.Id}"]);
                await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
            },
            arguments);

    private static async Task<CliRun> RunAsync(
        Executable executable, IReadOnlyDictionary<string, string> environment, Func<Process, Task> meanwhile, string[] arguments)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(LongestRun);
        using var process = executable.Start(environment, arguments);
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(limit.Token);
            var errors = process.StandardError.ReadToEndAsync(limit.Token);
            await meanwhile(process);
            await process.WaitForExitAsync(limit.Token);
            return new CliRun(process.ExitCode, await output, await errors);
        }
        catch (OperationCanceledException) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{executable.FileName} {string.Join(' ', arguments)}: no end after {LongestRun}.");
        }
        finally
        {
            process.Kill();
        }
    }
}
