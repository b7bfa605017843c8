using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Five hundred clients, each slow, all on one layer: what memory that takes, and whether each gets its bytes.</summary>
internal sealed class SlowClients : IWorkload
{
    private const long BytesPerSecond = 2_000_000;

    public string Name => "slow-clients";

    public string Question => "What memory do 500 slow clients take?";

    public string Explanation =>
        "Each client reads the same layer at 2 MB/s. The run fails if one of them is broken off, or has less than a quarter "
        + "of its bytes at the end. The peak is that of the whole product while they read; nginx's is the sum over its "
        + "processes, with what they share.";

    public async Task<IReadOnlyList<Case>> RunAsync(Bench bench)
    {
        var cases = new List<Case> { await RunAsync(bench, isCold: false) };
        if (!bench.Options.Quick)
        {
            cases.Add(await RunAsync(bench, isCold: true));
        }

        return cases;
    }

    private static async Task<Case> RunAsync(Bench bench, bool isCold)
    {
        var where = isCold ? "the layer is fetched meanwhile" : "the layer is in the cache";
        var results = new Case($"{bench.Scale.SlowClients} clients, {where}", Cores.Floating, Names.Nginx);
        Bench.Say($"slow-clients: {results.Title}");
        var spec = new UpstreamSpec
        {
            LayerFiles = bench.Stock.Layers(1, bench.Scale.LayerBytes),
            ManifestFiles = bench.Stock.Manifests(1),
        };
        await using var arena = await Arena.OpenAsync(bench, results.Cores, spec);
        var rounds = new Rounds(bench, arena, results);
        for (var round = 1; round <= bench.Scale.Rounds; round++)
        {
            foreach (var contender in bench.Field())
            {
                var server = isCold ? await arena.StartAsync(contender) : await rounds.StartWarmAsync(contender, arena.Layers);
                results.Add(server.Name, await SampleAsync(bench, arena, server));
                await arena.StopAsync(server, keepFolder: !isCold);
            }

            rounds.Tell(round);
        }

        return results;
    }

    private static async Task<Sample> SampleAsync(Bench bench, Arena arena, RunningServer server)
    {
        var measured = await arena.MeasureAsync(server, new ClientOrder
        {
            Deed = Deed.Slow,
            Port = server.Port,
            Wanted = [server.Want(arena.Layers[0])],
            Connections = bench.Scale.SlowClients,
            Seconds = bench.Scale.SlowSeconds,
            BytesPerSecond = BytesPerSecond,
        });
        var due = BytesPerSecond * measured.Answers[0].Seconds;
        var sample = new Sample
        {
            [Measure.PeakMemory] = measured.PeakMebibytes,
            [Measure.Slowest] = measured.Answers[0].LeastBytes / due * 100,
        };
        var transfers = measured.Transfers();
        foreach (var measure in transfers.Measures)
        {
            sample[measure] = transfers[measure];
        }

        return sample;
    }
}
