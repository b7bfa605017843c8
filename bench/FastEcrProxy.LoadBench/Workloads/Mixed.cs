using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>How small answers fare while large ones take all there is.</summary>
internal sealed class Mixed : IWorkload
{
    private const int Pulls = 4;

    public string Name => "mixed";

    public string Question => "How soon do manifests come while layers take all there is?";

    public string Explanation =>
        "32 connections ask for manifests as in the manifest workload, while 4 clients pull a layer from the cache, again and "
        + "again, as fast as they can.";

    public async Task<IReadOnlyList<Case>> RunAsync(Bench bench)
    {
        var cases = new List<Case>();
        foreach (var cores in bench.Pinnings)
        {
            cases.Add(await RunAsync(bench, cores));
        }

        return cases;
    }

    private static async Task<Case> RunAsync(Bench bench, Cores cores)
    {
        var results = new Case(cores.Title, cores, Names.Nginx);
        Bench.Say($"mixed: {results.Title}");
        var spec = new UpstreamSpec
        {
            LayerFiles = bench.Stock.Layers(1, bench.Scale.LayerBytes),
            ManifestFiles = bench.Stock.Manifests(ManifestHit.Manifests),
        };
        await using var arena = await Arena.OpenAsync(bench, cores, spec, clients: 2);
        var rounds = new Rounds(bench, arena, results);
        var servers = new List<RunningServer>();
        foreach (var contender in bench.Field())
        {
            servers.Add(await rounds.StartWarmAsync(contender, [.. arena.Layers, .. arena.Manifests]));
        }

        for (var round = 1; round <= bench.Scale.Rounds; round++)
        {
            foreach (var server in servers)
            {
                var measured = await arena.MeasureAsync(
                    server,
                    ManifestHit.Order(server, arena.Manifests, bench.Scale.Seconds),
                    new ClientOrder
                    {
                        Deed = Deed.Load,
                        Port = server.Port,
                        Wanted = [server.Want(arena.Layers[0])],
                        Connections = Pulls,
                        Seconds = bench.Scale.Seconds,
                        HangUp = true,
                    });
                var sample = new Sample
                {
                    [Measure.RequestRate] = measured.Answers[0].Requests / measured.Answers[0].Seconds,
                    [Measure.Median] = measured.Answers[0].MedianMilliseconds,
                    [Measure.Percentile99] = measured.Answers[0].Percentile99Milliseconds,
                    [Measure.PullsMeanwhile] = measured.Answers[1].Bytes / measured.Answers[1].Seconds / 1e6,
                };
                results.Add(server.Name, measured.WithCosts(sample));
            }

            rounds.Tell(round);
        }

        return results;
    }
}
