using System.Text;

namespace FastEcrProxy.LoadBench.Results;

/// <summary>Cases and figures as Markdown.</summary>
internal static class TableText
{
    private const double DisturbedShare = 0.05; // of a processor: less is what every system does beside

    public static string Figures(IReadOnlyList<Reached> figures)
    {
        var text = new StringBuilder("| figure | measured | must | aim | |\n|---|---:|---:|---:|---|\n");
        foreach (var (figure, measured, value) in figures)
        {
            text.Append($"| {figure.Measure.Title}: {measured.Title} | {figure.Write(value)} ")
                .Append($"| {figure.Limit(figure.Must)} | {figure.Limit(figure.Aim)} | {figure.Verdict(value)} |\n");
        }

        return text.ToString();
    }

    public static string Case(Case measured)
    {
        var measures = measured.Measures.Where(static measure => !measure.IsShare).ToList();
        var main = measures[0];
        var text = new StringBuilder($"### {Capital(measured.Title)}\n\n| server | {main.Title} | min | max | ratio |");
        foreach (var measure in measures.Skip(1))
        {
            text.Append($" {measure.Title} |{(HasRatio(measure) ? " ratio |" : "")}");
        }

        text.Append(" rounds | limited by |\n|---|---:|---:|---:|---:|");
        foreach (var measure in measures.Skip(1))
        {
            text.Append(HasRatio(measure) ? "---:|---:|" : "---:|");
        }

        text.Append("---:|---|\n");
        foreach (var row in measured.Rows)
        {
            text.Append($"| {row.Name} | {Cell(main, row.Value(main))} | {Cell(main, row.Lowest(main))} ");
            text.Append($"| {Cell(main, row.Highest(main))} | {Ratio(measured, main, row)} |");
            foreach (var measure in measures.Skip(1))
            {
                text.Append($" {Cell(measure, row.Value(measure))} |");
                text.Append(HasRatio(measure) ? $" {Ratio(measured, measure, row)} |" : "");
            }

            text.Append($" {row.Samples.Count} | {(HasShares(row) ? Limits.Of(measured, row) : "-")} |\n");
        }

        foreach (var note in measured.Notes.Concat(Besides(measured, main)).Concat(Disturbance(measured)))
        {
            text.Append('\n').Append(note).Append('\n');
        }

        return text.ToString();
    }

    private static bool HasRatio(Measure measure) => measure == Measure.CpuPerGigabyte || measure == Measure.CpuPerRequest;

    private static bool HasShares(Row row) => row.Value(Measure.ClientShare) is not null;

    private static string Cell(Measure measure, double? value) => value is { } number ? measure.Write(number) : "-";

    private static string Ratio(Case measured, Measure measure, Row row) =>
        measured.Ratio(measure, row.Name, measured.Baseline)?.ToString("F2") ?? "-";

    /// <summary>What client and stand-in cost for the same bytes or requests: they must not be what is measured.</summary>
    private static IEnumerable<string> Besides(Case measured, Measure main)
    {
        var perUnit = main == Measure.Throughput ? 1e3 : main == Measure.RequestRate ? 1e6 : 0;
        var costs = measured.Rows.Where(row => perUnit > 0 && HasShares(row))
            .Select(row => $"{row.Name} {Cost(Measure.ClientShare, row)} and {Cost(Measure.UpstreamShare, row)}");
        if (costs.Any())
        {
            var unit = main == Measure.Throughput ? "CPU s/GB" : "CPU µs/request";
            yield return $"Client and stand-in took beside it, in {unit}: {string.Join("; ", costs)}.";
        }

        string Cost(Measure share, Row row) =>
            ((row.Value(share) ?? 0) / row.Value(main)!.Value * perUnit).ToString(perUnit < 1e6 ? "F3" : "F1");
    }

    private static IEnumerable<string> Disturbance(Case measured)
    {
        var worst = measured.Rows.Max(static row => row.Highest(Measure.ForeignShare)) ?? 0;
        var usual = measured.Rows.Max(static row => row.Value(Measure.ForeignShare)) ?? 0;
        if (worst >= DisturbedShare)
        {
            yield return $"Other processes took up to {worst:P0} of a processor in a round, up to {usual:P0} in the median one.";
        }
    }

    private static string Capital(string title) => char.ToUpperInvariant(title[0]) + title[1..];
}
