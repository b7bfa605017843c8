namespace FastEcrProxy.LoadBench.Machine;

/// <summary>Which processor each part runs on. Unpinned, all float.</summary>
internal sealed record Cores(string Title, int? Server, int? Client, int? Upstream)
{
    public static readonly Cores Floating = new("unpinned", null, null, null);

    /// <summary>The processors that this process may use.</summary>
    public static IReadOnlyList<int> Allowed { get; } = ReadAllowed();

    public static bool CanPin => Allowed.Count > 1;

    /// <summary>Server alone on the first, client on the second, upstream on a third where there is one.</summary>
    public static Cores Pinned => new("pinned", Allowed[0], Allowed[1], Allowed.Count > 2 ? Allowed[2] : Allowed[1]);

    public bool IsPinned => Server is not null;

    public bool ClientSharesWithUpstream => IsPinned && Client == Upstream;

    private static List<int> ReadAllowed()
    {
        const string name = "Cpus_allowed_list:";
        var line = ProcFile.Lines("/proc/self/status").First(static line => line.StartsWith(name, StringComparison.Ordinal));
        return [.. line[name.Length..].Trim().Split(',').SelectMany(static part => Range(part))];
    }

    private static IEnumerable<int> Range(string part)
    {
        var ends = part.Split('-').Select(static end => int.Parse(end)).ToList();
        return Enumerable.Range(ends[0], ends[^1] - ends[0] + 1);
    }
}
