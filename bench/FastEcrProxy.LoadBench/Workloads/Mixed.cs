using FastEcrProxy.LoadBench.Client;
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

    public Task<IReadOnlyList<Case>> RunAsync(Bench bench) => bench.MeasureAsync(
        this,
        new UpstreamSpec
        {
            LayerFiles = bench.Stock.Layers(1, bench.Scale.LayerBytes),
            ManifestFiles = bench.Stock.Manifests(ManifestHit.Manifests),
        },
        bench.Pinnings.Select(cores => (new Case(cores.Title, cores, Names.Nginx), AsksAndPulls(bench))),
        clients: 2);

    private static Func<Rounds, Task> AsksAndPulls(Bench bench) => async rounds =>
    {
        var servers = new List<RunningServer>();
        foreach (var contender in bench.Field())
        {
            servers.Add(await rounds.StartWarmAsync(contender, [.. rounds.Arena.Layers, .. rounds.Arena.Manifests]));
        }

        for (var round = 1; round <= bench.Scale.Rounds; round++)
        {
            foreach (var server in servers)
            {
                var measured = await rounds.Arena.MeasureAsync(
                    server,
                    ManifestHit.Order(server, rounds.Arena.Manifests, bench.Scale.Seconds),
                    new ClientOrder
                    {
                        Deed = Deed.Load,
                        Port = server.Port,
                        Wanted = [server.Want(rounds.Arena.Layers[0])],
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
                rounds.Results.Add(server.Name, measured.WithCosts(sample));
            }

            rounds.Tell(round);
        }
    };
}
