using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Everything at once for a long time, with a cache that is too small: what grows, what leaks, what goes wrong.</summary>
internal sealed class Soak : IWorkload
{
    private const int Layers = 64;
    private const long LayerBytes = 32 << 20; // together twice the cache: there is always something to fetch and to remove
    private const string CacheSize = "1GiB";
    private const int Pulls = 8;
    private const int Slow = 100;
    private const long SlowBytesPerSecond = 1_000_000;
    private const long SlowLayerBytes = 128 << 20;
    private const double CycleSeconds = 10;
    private const int Parts = 4; // of the whole time, each a row
    private const int DescriptorsLeftMax = 32; // kept connections to the stand-in, and to clients that have just gone
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(5);

    public string Name => "soak";

    public string Question => "What grows, leaks or fails in an hour under everything at once?";

    public string Explanation =>
        "Ours alone, unpinned, with a cache of 1 GiB: 32 connections ask for manifests, 8 pull one after the other of 64 "
        + "layers of 32 MiB and hang up in the middle every 10 s, 100 read one layer at 1 MB/s each. A wrong or short answer "
        + "ends the run. Each row is a quarter of the time. Lines in the log are warnings and errors.";

    public async Task<IReadOnlyList<Case>> RunAsync(Bench bench)
    {
        var minutes = bench.Options.Quick ? Math.Min(bench.Options.Minutes, 0.1) : bench.Options.Minutes;
        var results = new Case($"{minutes:0.#} minutes", Cores.Floating, "quarter 1");
        Bench.Say($"soak: {results.Title}");
        var spec = new UpstreamSpec
        {
            LayerFiles = [.. bench.Stock.Layers(1, SlowLayerBytes), .. bench.Stock.Layers(Layers, LayerBytes)],
            ManifestFiles = bench.Stock.Manifests(ManifestHit.Manifests),
        };
        await using var arena = await Arena.OpenAsync(bench, results.Cores, spec, clients: 3);
        var settings = new Dictionary<string, string> { ["FEP_Cache__Size"] = CacheSize };
        var server = await arena.StartAsync(new ProxyContender(Names.Proxy, bench.Options.Binary, settings));
        var descriptors = server.Tree!.Descriptors;

        var cycleSeconds = Math.Min(CycleSeconds, minutes * 60 / Parts);
        var cycles = (int)Math.Ceiling(minutes * 60 / cycleSeconds);
        for (var cycle = 0; cycle < cycles; cycle++)
        {
            var sample = await CycleAsync(arena, server, cycleSeconds);
            results.Add($"quarter {(cycle * Parts / cycles) + 1}", sample);
            var values = sample.Measures.Where(static measure => !measure.IsShare)
                .Select(measure => $"{measure.Write(sample[measure]!.Value)} {measure.Title}");
            Bench.Say($"  {(cycle + 1) * cycleSeconds / 60:F1} min: {string.Join(", ", values)}");
        }

        await CheckDescriptorsAsync(bench, server, descriptors, results);
        return [results];
    }

    private static async Task<Sample> CycleAsync(Arena arena, RunningServer server, double seconds)
    {
        var turn = Random.Shared.Next(Layers);
        var pulled = arena.Layers.Skip(1 + turn).Concat(arena.Layers.Skip(1).Take(turn));
        var measured = await arena.MeasureAsync(
            server,
            ManifestHit.Order(server, arena.Manifests, seconds),
            new ClientOrder
            {
                Deed = Deed.Load,
                Port = server.Port,
                Wanted = [.. pulled.Select(server.Want)],
                Connections = Pulls,
                Seconds = seconds,
                HangUp = true,
            },
            new ClientOrder
            {
                Deed = Deed.Slow,
                Port = server.Port,
                Wanted = [server.Want(arena.Layers[0])],
                Connections = Slow,
                Seconds = seconds,
                BytesPerSecond = SlowBytesPerSecond,
            });
        var sample = new Sample
        {
            [Measure.RequestRate] = measured.Answers[0].Requests / measured.Answers[0].Seconds,
            [Measure.Percentile99] = measured.Answers[0].Percentile99Milliseconds,
            [Measure.PullsMeanwhile] = measured.Answers[1].Bytes / measured.Answers[1].Seconds / 1e6,
            [Measure.Resident] = server.Tree!.ResidentMebibytes,
            [Measure.Descriptors] = server.Tree.Descriptors,
            [Measure.Threads] = server.Tree.Threads,
            [Measure.LogLines] = ProcFile.Lines(server.Process!.LogFile).Length,
        };
        return measured.WithCosts(sample);
    }

    private static async Task CheckDescriptorsAsync(Bench bench, RunningServer server, int before, Case results)
    {
        await Task.Delay(Calm, TimeProvider.System, bench.Cancel);
        var after = server.Tree!.Descriptors;
        results.Note(
            $"{before} descriptors were open before, {after} are {Calm.TotalSeconds:F0} s after the last client has gone; "
            + $"{server.Tree.ResidentMebibytes:F1} MiB are resident then.");
        if (after > before + DescriptorsLeftMax)
        {
            throw new BenchFailure($"The proxy holds {after} descriptors when all clients have gone, {before} before they came.");
        }
    }
}
