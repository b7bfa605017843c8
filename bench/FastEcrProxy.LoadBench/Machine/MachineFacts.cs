using System.Diagnostics;
using System.Runtime.InteropServices;

namespace FastEcrProxy.LoadBench.Machine;

/// <summary>Where figures come from: without it they say nothing.</summary>
internal static class MachineFacts
{
    /// <summary>One paragraph, for the end of a result file.</summary>
    public static string Describe(string binary, string command) =>
        $"`{command}` on {TimeProvider.System.GetUtcNow():yyyy-MM-dd}, at commit {Commit()}. "
        + $"{Cores.Allowed.Count} processors ({Processor()}), "
        + $"{ProcFile.KilobytesIn("/proc/meminfo", "MemTotal:") / 1024.0 / 1024.0:F0} GiB, {Distribution()}, Linux {Kernel()}, "
        + $"SDK {Output("dotnet", "--version")}, .NET {Environment.Version} in the bench; {VersionOf(binary)}; {Nginx()}.";

    private static string Commit()
    {
        var commit = Output("git", "rev-parse", "--short", "HEAD");
        return commit.Length == 0 ? "unknown"
            : Output("git", "status", "--porcelain", "-uno").Length == 0 ? commit
            : commit + " with changes";
    }

    private static string VersionOf(string binary) =>
        $"{Output(binary, "version").Split('\n')[0]}, {new FileInfo(binary).Length / 1024.0 / 1024.0:F1} MiB";

    private static string Nginx() =>
        Output("nginx", "-v").Split(' ') is [.., var version] && version.StartsWith("nginx/", StringComparison.Ordinal)
            ? version
            : "no nginx";

    private static string Processor() =>
        Value("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();

    private static string Distribution() =>
        ProcFile.Lines("/etc/os-release")
            .FirstOrDefault(static line => line.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))?
            .Split('"')[1]
        ?? "unknown distribution";

    private static string Kernel() => ProcFile.Lines("/proc/sys/kernel/osrelease") is [var release] ? release : "";

    private static string? Value(string path, string name) =>
        ProcFile.Lines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':')[1].Trim();

    private static string Output(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (output + errors.GetAwaiter().GetResult()).Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return ""; // not installed
        }
    }
}
