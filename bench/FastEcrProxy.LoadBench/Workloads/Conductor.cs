using System.Runtime.InteropServices;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Runs the workloads one after the other, writes what they found, and says at the end how it went.</summary>
internal sealed class Conductor(BenchOptions options)
{
    private const int QuickAttemptsMax = 3; // a machine that others use, too, may have a bad second, not three
    private const int Interrupted = 130;
    private const long DiskBytes = 10L << 30; // a layer in four caches, layers that are fetched anew, what is kept
    private const long QuickDiskBytes = 3L << 30;
    private static readonly TimeSpan InterruptedWithin = TimeSpan.FromMilliseconds(300);

    private static readonly IWorkload[] All =
    [
        new Hit(),
        new HitSmall(),
        new HitTls(),
        Cold.Alone,
        Cold.Limited,
        Cold.HerdLimited,
        Cold.HerdUnlimited,
        new ManifestHit(),
        new Mixed(),
        new SlowClients(),
        new ColdDisk(),
        new Start(),
        new StartWithMany(),
        new Soak(),
    ];

    private readonly List<string> _lines = [];
    private bool _failed;

    /// <exception cref="BenchFailure">A workload is asked for that there is not.</exception>
    public void Check()
    {
        var known = All.Select(static workload => workload.Name).ToList();
        if (options.Workloads.Except(known).FirstOrDefault() is { } unknown)
        {
            throw new BenchFailure($"No workload is called {unknown}. There are: {string.Join(' ', known)}.");
        }
    }

    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        Directory.CreateDirectory(options.WorkFolder);
        CheckRoom();
        ServerProcess.IdsFile = Path.Combine(options.WorkFolder, "processes");
        var bench = new Bench(options, stop.Token);
        try
        {
            foreach (var workload in All.Where(IsWanted))
            {
                await RunAsync(bench, workload);
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Bench.Say("Interrupted; everything that was started has been ended.");
            return Interrupted;
        }

        Bench.Say("");
        _lines.ForEach(Bench.Say);
        return _failed ? 1 : 0;

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    private void CheckRoom()
    {
        var (free, needed) = (new DriveInfo(options.WorkFolder).AvailableFreeSpace, options.Quick ? QuickDiskBytes : DiskBytes);
        if (free < needed)
        {
            throw new BenchFailure(
                $"{options.WorkFolder} has {free >> 20} MiB free, {needed >> 20} MiB are needed; set LOADBENCH_WORK to a larger disk.");
        }
    }

    /// <summary>An hour of soak is for those who ask for it by name.</summary>
    private bool IsWanted(IWorkload workload) => options.Workloads.Count > 0
        ? options.Workloads.Contains(workload.Name)
        : options.Quick || workload is not Soak;

    private async Task RunAsync(Bench bench, IWorkload workload)
    {
        var began = TimeProvider.System.GetTimestamp();
        try
        {
            var cases = await workload.RunAsync(bench);
            var reached = Figures.Of(workload.Name, cases);
            for (var attempt = 2; options.Quick && attempt <= QuickAttemptsMax && reached.Any(IsFarOff); attempt++)
            {
                Bench.Say($"{workload.Name}: far from its figure, which may be noise; once more");
                cases = await workload.RunAsync(bench);
                reached = Figures.Of(workload.Name, cases);
            }

            Bench.Say($"{workload.Name}: done in {TimeProvider.System.GetElapsedTime(began).TotalSeconds:F0} s");
            Conclude(workload, cases, reached);
            if (!options.Quick)
            {
                WriteFile(workload, cases, reached);
            }
        }
        catch (BenchFailure failure)
        {
            // Ctrl-C reaches the servers, too, and may be seen as their failure first.
            await Task.Delay(InterruptedWithin, TimeProvider.System, bench.Cancel);
            _failed = true;
            _lines.Add($"failed   {workload.Name,-14} {failure.Message}");
            Bench.Say($"{workload.Name} failed: {failure.Message}");
        }
        finally
        {
            bench.Clear();
        }
    }

    private void Conclude(IWorkload workload, IReadOnlyList<Case> cases, IReadOnlyList<Reached> reached)
    {
        if (reached.Count == 0)
        {
            _lines.Add(WithoutFigure(workload, cases));
            return;
        }

        var worst = reached.OrderBy(static result => result.Figure.Must is null) // what is only hoped for comes last
            .ThenBy(static result => result.Figure.Degree(result.Value))
            .First();
        var isBad = options.Quick && reached.Any(IsFarOff);
        _failed |= isBad;
        var figure = worst.Figure;
        _lines.Add($"{(isBad ? "failed" : "ok"),-8} {workload.Name,-14} {figure.Write(worst.Value)} ({figure.Measure.Title}, "
            + $"{worst.Case.Title}; must {figure.Limit(figure.Must)}, aim {figure.Limit(figure.Aim)}: {figure.Verdict(worst.Value)})");
    }

    private static string WithoutFigure(IWorkload workload, IReadOnlyList<Case> cases)
    {
        var (first, main) = (cases[0], cases[0].Measures[0]);
        var (verdict, words) = first.Ratio(main, Names.Proxy, first.Baseline) is { } ratio
            ? ("ok", $"{ratio:0.##} x {first.Baseline} ({main.Title}, {first.Title}; no figure to reach)")
            : Figures.Has(workload.Name) ? ("skipped", $"it works, but {first.Baseline} is missing to compare it with")
            : ("ok", "it works, and there is nothing to compare it with");
        return $"{verdict,-8} {workload.Name,-14} {words}";
    }

    private void WriteFile(IWorkload workload, IReadOnlyList<Case> cases, IReadOnlyList<Reached> reached)
    {
        var path = Path.Combine(options.ResultsFolder, workload.Name + ".md");
        var measured = string.Join(
            "\n\n",
            [
                workload.Explanation,
                reached.Count > 0 ? TableText.Figures(reached).Trim()
                    : Figures.Has(workload.Name) ? "What the figures to reach refer to did not take part."
                    : "There is no figure to reach here.",
                .. cases.Select(static result => TableText.Case(result).Trim()),
                MachineFacts.Describe(options.Binary, options.Command),
            ]);
        ResultFile.Write(path, workload.Question, measured);
        Bench.Say($"{workload.Name}: written to {Path.GetRelativePath(Directory.GetCurrentDirectory(), path)}");
    }

    private static bool IsFarOff(Reached result) => result.Figure.IsFarOff(result.Value);
}
