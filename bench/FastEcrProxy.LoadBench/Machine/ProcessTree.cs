namespace FastEcrProxy.LoadBench.Machine;

/// <summary>A process and all below it, as nginx is a master and workers: what they have used together.</summary>
internal sealed class ProcessTree(int root)
{
    private const double TicksPerSecond = 100; // USER_HZ, the same on every Linux that .NET runs on

    public int Root => root;

    /// <summary>The ids of all that live.</summary>
    public IReadOnlyList<int> Ids
    {
        get
        {
            var parents = new Dictionary<int, int>();
            foreach (var folder in Directory.EnumerateDirectories("/proc"))
            {
                if (int.TryParse(Path.GetFileName(folder), out var id) && Stat(id) is [_, var parent, ..])
                {
                    parents[id] = int.Parse(parent);
                }
            }

            var found = new List<int>();
            Collect(root);
            return found;

            void Collect(int id)
            {
                if (parents.ContainsKey(id))
                {
                    found.Add(id);
                    foreach (var child in parents.Where(pair => pair.Value == id).Select(pair => pair.Key))
                    {
                        Collect(child);
                    }
                }
            }
        }
    }

    /// <summary>User and system seconds of all that live, and of those that they have waited for.</summary>
    public double CpuSeconds => Ids.Sum(static id => CpuSecondsOf(id));

    /// <summary>The highest resident size of each, added up: pages that they share count more than once.</summary>
    public double PeakMebibytes => Ids.Sum(static id => ProcFile.KilobytesIn($"/proc/{id}/status", "VmHWM:")) / 1024.0;

    /// <summary>The peak begins anew, with what is resident now.</summary>
    public void ForgetPeak()
    {
        foreach (var id in Ids)
        {
            try
            {
                File.WriteAllText($"/proc/{id}/clear_refs", "5");
            }
            catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
            {
                // it has just ended, or belongs to somebody else: then its peak is that of its whole life
            }
        }
    }

    public double ResidentMebibytes => Ids.Sum(static id => ProcFile.KilobytesIn($"/proc/{id}/status", "VmRSS:")) / 1024.0;

    public int Threads => (int)Ids.Sum(static id => ProcFile.KilobytesIn($"/proc/{id}/status", "Threads:"));

    public int Descriptors =>
        Ids.Sum(static id => Directory.Exists($"/proc/{id}/fd") ? Directory.GetFiles($"/proc/{id}/fd").Length : 0);

    private static double CpuSecondsOf(int id) =>
        Stat(id) is { Length: > 14 } fields
            ? fields[11..15].Sum(static ticks => double.Parse(ticks)) / TicksPerSecond
            : 0;

    /// <summary>The fields of <c>/proc/PID/stat</c> behind the name, which may have blanks and brackets: state, parent, …</summary>
    private static string[] Stat(int id) =>
        ProcFile.Lines($"/proc/{id}/stat") is [var line] ? line[(line.LastIndexOf(')') + 2)..].Split(' ') : [];
}
