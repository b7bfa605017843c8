using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;

namespace FastEcrProxy.Cli;

/// <summary><c>fast-ecr-proxy version</c>: what to write into a bug report.</summary>
internal static class VersionVerb
{
    private const char CommitMark = '+'; // SemVer's build metadata, where the SDK puts the commit

    public static Command Create()
    {
        var verb = new Command("version", "Print version, commit and runtime.");
        verb.SetAction(_ => Print());
        return verb;
    }

    private static int Print()
    {
        var attribute = typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>();
        var full = attribute?.InformationalVersion ?? "unknown";
        var mark = full.IndexOf(CommitMark);
        Console.WriteLine($"fast-ecr-proxy {(mark < 0 ? full : full[..mark])}");
        Console.WriteLine($"commit {(mark < 0 ? "unknown" : full[(mark + 1)..])}");
        Console.WriteLine($"runtime {RuntimeInformation.FrameworkDescription}, {RuntimeInformation.RuntimeIdentifier}");
        return ExitCode.Ok;
    }
}
