namespace FastEcrProxy.LoadBench.Results;

/// <summary>Which part of a case was busy all the time, and so decided the figure.</summary>
internal static class Limits
{
    private const double Busy = 0.9; // of a processor; the rest is what rounds lose at their beginning and end

    public static string Of(Case measured, Row row)
    {
        var server = row.Value(Measure.ServerShare) ?? 0;
        var client = row.Value(Measure.ClientShare) ?? 0;
        var upstream = row.Value(Measure.UpstreamShare) ?? 0;
        var processors = Machine.Cores.Allowed.Count;
        var found = new List<string>();
        if (measured.Cores.IsPinned && server >= Busy)
        {
            found.Add("server");
        }

        if (client >= Busy)
        {
            found.Add("client"); // it has one thread
        }

        if (measured.Cores.ClientSharesWithUpstream && client < Busy && client + upstream >= Busy)
        {
            found.Add(upstream < 0.1 ? "client" : "client and stand-in");
        }
        else if (measured.Cores.IsPinned && upstream >= Busy)
        {
            found.Add("stand-in");
        }

        if (!measured.Cores.IsPinned && server + client + upstream >= Busy * processors)
        {
            found.Add("machine");
        }

        if (found.Count == 0 && server + client + upstream + (row.Value(Measure.ForeignShare) ?? 0) >= Busy * processors)
        {
            found.Add("other processes");
        }

        return found.Count == 0 ? "waiting" : string.Join(", ", found);
    }
}
