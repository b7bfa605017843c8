using System.Globalization;
using System.Runtime.InteropServices;
using FastEcrProxy.LocalEcr;
using Spectre.Console;

namespace FastEcrProxy.Cli;

/// <summary>
/// Pulls the image twice and shows what was asked, where each answer came from, what it cost upstream and how long it
/// took.
/// </summary>
internal static class DemoTable
{
    private const int PlainWidth = 100; // into a file or a pipe, where nobody says how wide it is

    // Tag, manifest and config. The first layer is that of the image to come: it must not be there already.
    private const int WarmUpParts = 3;

    /// <summary>Has the proxy get its token and its connections: what a first pull after the start pays is no part of the show.</summary>
    public static async Task WarmUpAsync(string repository, string tag, CancellationToken cancel)
    {
        using var client = new ImagePull();
        await foreach (var _ in client.RunAsync(repository, tag, Architecture, cancel).Take(WarmUpParts))
        {
            // asking is all
        }
    }

    public static async Task ShowAsync(string repository, string tag, LocalRegion region, CancellationToken cancel)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumns("pull", "asked for", "answered from");
        table.AddColumn(new TableColumn("bytes").RightAligned());
        table.AddColumn(new TableColumn("from upstream").RightAligned());
        table.AddColumn(new TableColumn("ms").RightAligned());
        for (var pull = 1; pull <= 2; pull++)
        {
            await AddPullAsync(table, pull, repository, tag, region, cancel);
        }

        if (Console.IsOutputRedirected)
        {
            AnsiConsole.Profile.Width = PlainWidth;
        }

        AnsiConsole.Write(table);
    }

    private static string Architecture =>
        RuntimeInformation.ProcessArchitecture is System.Runtime.InteropServices.Architecture.Arm64 ? "arm64" : "amd64";

    private static async Task AddPullAsync(
        Table table, int pull, string repository, string tag, LocalRegion region, CancellationToken cancel)
    {
        using var client = new ImagePull();
        region.Counters.Reset();
        await foreach (var part in client.RunAsync(repository, tag, Architecture, cancel))
        {
            var (source, upstreamBytes) = WhereFrom(region.Counters, part);
            table.AddRow(
                pull.ToString(CultureInfo.InvariantCulture), part.Name, source, Number(part.Bytes.Length), Number(upstreamBytes),
                part.Time.TotalMilliseconds.ToString("F1", CultureInfo.InvariantCulture));
            region.Counters.Reset();
        }
    }

    /// <summary>What the stand-in was asked since the part before: the proxy's own word is not taken for it.</summary>
    private static (string Source, long UpstreamBytes) WhereFrom(Counters asked, PulledPart part)
    {
        if (asked.Requests(RequestKind.AnyLayer) > 0)
        {
            return ("ECR, then S3", asked.LayerBytes());
        }

        if (asked.Requests(RequestKind.GetManifestByTag | RequestKind.GetManifestByDigest) > 0)
        {
            return ("ECR", part.Bytes.Length);
        }

        return asked.Requests() > 0 ? ("disk, ECR agreed", 0) : ("disk", 0);
    }

    private static string Number(long bytes) => bytes.ToString("N0", CultureInfo.InvariantCulture);
}
