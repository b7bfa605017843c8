using FastEcrProxy.Server;
using Spectre.Console;

namespace FastEcrProxy.Cli;

/// <summary>
/// Shows how a cache is filled: on a terminal a bar for each image that is under way and one for all of them, with a line for
/// each that is through; elsewhere the lines alone.
/// </summary>
internal static class WarmDisplay
{
    private const int BarWidth = 20;
    private const int OtherColumnsWidth = 60; // all but the name, with the spaces between
    private const int NameWidthLeast = 16;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(100); // smooth to the eye

    public static async Task<WarmSummary> ShowAsync(WarmRun run, CancellationToken cancel) =>
        Console.IsOutputRedirected || !AnsiConsole.Profile.Capabilities.Interactive
            ? await run.RunAsync(static image => Console.WriteLine(LineOf(image)), cancel)
            : await ShowBarsAsync(run, cancel);

    private static Task<WarmSummary> ShowBarsAsync(WarmRun run, CancellationToken cancel) => AnsiConsole.Progress()
        .AutoClear(true)
        .HideCompleted(true)
        .Columns(
            new SpinnerColumn(), new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn { Width = BarWidth },
            new PercentageColumn(), new DownloadedColumn(), new TransferSpeedColumn(), new RemainingTimeColumn())
        .StartAsync(async progress =>
        {
            var running = run.RunAsync(static image => AnsiConsole.WriteLine(LineOf(image)), cancel);
            var all = progress.AddTask("all", autoStart: true);
            var bars = new Dictionary<WarmedImage, ProgressTask>();
            using var beat = new PeriodicTimer(Beat, TimeProvider.System);
            while (!running.IsCompleted)
            {
                Update(progress, run, all, bars);
                await Task.WhenAny(running, beat.WaitForNextTickAsync(CancellationToken.None).AsTask());
            }

            Update(progress, run, all, bars);
            return await running;
        });

    private static void Update(ProgressContext progress, WarmRun run, ProgressTask all, Dictionary<WarmedImage, ProgressTask> bars)
    {
        foreach (var image in run.Images.Where(static image => image.HasBegun))
        {
            if (!bars.TryGetValue(image, out var bar))
            {
                bar = progress.AddTask(Markup.Escape(Short(image.Name)), autoStart: true);
                bars.Add(image, bar);
            }

            bar.MaxValue = Math.Max(1, image.TotalBytes); // a bar of nothing would be full from the beginning
            bar.Value = image.IsOver ? bar.MaxValue : Math.Min(image.DoneBytes, image.TotalBytes);
            if (image.IsOver)
            {
                bar.StopTask();
            }
        }

        var total = run.Images.Sum(static image => image.TotalBytes);
        all.IsIndeterminate = total == 0;
        all.MaxValue = Math.Max(1, total);
        all.Value = run.Images.Sum(static image => Math.Min(image.DoneBytes, image.TotalBytes));
    }

    private static string LineOf(WarmedImage image) => image.Failure is null
        ? $"{image.Name}: {image.Blobs} configs and layers, {ByteSize.Approximate(image.FetchedBytes)} fetched, "
            + $"{ByteSize.Approximate(image.TotalBytes - image.FetchedBytes)} were there"
        : $"{image.Name}: failed";

    /// <summary>The end says more about an image than the beginning: name, tag.</summary>
    private static string Short(string name)
    {
        var width = Math.Max(NameWidthLeast, AnsiConsole.Profile.Width - OtherColumnsWidth);
        return name.Length <= width ? name : "…" + name[^(width - 1)..];
    }
}
