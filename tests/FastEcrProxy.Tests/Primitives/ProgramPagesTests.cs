using FastEcrProxy.Primitives;

namespace FastEcrProxy.Tests.Primitives;

public sealed class ProgramPagesTests
{
    [Fact]
    public void ProgramThatHasStarted_HoldsNoneOfItsCodeAfterwardsAndRunsOn()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is no /proc elsewhere.");

        var bytes = ProgramPages.LetGo();

        Assert.True(bytes > 0);
        Assert.Equal(0, ResidentKilobytesOfCode());
    }

    /// <summary>Of the small program that starts the runtime: when tests run, nothing of it does.</summary>
    private static long ResidentKilobytesOfCode()
    {
        var lines = File.ReadAllLines("/proc/self/smaps");
        var code = Array.FindIndex(lines, line => line.Contains(" r-xp ") && line.EndsWith(Environment.ProcessPath!));
        var resident = lines[code..].First(line => line.StartsWith("Rss:"));
        return long.Parse(resident.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]);
    }
}
