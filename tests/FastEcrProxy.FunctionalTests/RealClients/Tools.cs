using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>What these tests need of the machine. Whatever is missing skips the test that asks, with the reason.</summary>
internal static class Tools
{
    /// <summary>Where clients and servers are looked for: Debian's own places first, so that a stray build does not take part.</summary>
    public const string SearchPath = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin";

    // What an environment says that forbids containers, whatever image they are made of.
    private static readonly string[] Forbidden =
        ["operation not permitted", "permission denied", "cgroup", "read-only file system", "seccomp"];

    private static readonly Lazy<string?> NamespaceTrouble = new(TryNamespaces);

    /// <summary>Skips the test unless all of these programs are installed.</summary>
    public static void Need(params ReadOnlySpan<string> programs)
    {
        foreach (var program in programs)
        {
            if (Find(program) is null)
            {
                Skip($"{program} is not installed");
            }
        }
    }

    /// <summary>Skips the test unless daemons and containers may have processes and mounts of their own here.</summary>
    public static void NeedNamespaces()
    {
        if (!Environment.IsPrivilegedProcess)
        {
            Skip("daemons and containers need root");
        }

        Need("unshare", "sh");
        if (NamespaceTrouble.Value is { } trouble)
        {
            Skip($"this machine gives no namespaces to root: {trouble}");
        }
    }

    /// <summary>Skips the test if a container could not be started because this machine allows none.</summary>
    public static void NeedContainers(ProgramRun start)
    {
        if (!start.Succeeded && Forbidden.Any(words => start.Errors.Contains(words, StringComparison.OrdinalIgnoreCase)))
        {
            Skip($"containers may not run here: {start.Errors.Trim()}");
        }
    }

    /// <summary>The full path of a program that <see cref="Need"/> has found.</summary>
    public static string PathOf(string program) =>
        Find(program) ?? throw new InvalidOperationException($"{program} is not installed, and no Need() asked for it.");

    [DoesNotReturn]
    public static void Skip(string reason)
    {
        Assert.Skip(reason);
        throw new UnreachableException();
    }

    private static string? Find(string program) =>
        SearchPath.Split(':').Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static string? TryNamespaces()
    {
        using var process = Process.Start(new ProcessStartInfo(PathOf("unshare"), [.. Room.Isolation, "true"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var trouble = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? null : trouble.Trim();
    }
}
