namespace FastEcrProxy.LoadBench.Machine;

/// <summary>How much all processors have worked, whoever for: what is not our own is somebody else's, and noise.</summary>
internal static class MachineClock
{
    private const double TicksPerSecond = 100;
    private static readonly int[] Idle = [3, 4]; // idle and iowait
    private const int Kinds = 8; // user to steal; the guests after it are in user already

    public static double BusySeconds()
    {
        var fields = ProcFile.Lines("/proc/stat")[0].Split(' ', StringSplitOptions.RemoveEmptyEntries)[1..(Kinds + 1)];
        return fields.Index()
            .Where(static field => !Idle.Contains(field.Index))
            .Sum(static field => double.Parse(field.Item)) / TicksPerSecond;
    }
}
