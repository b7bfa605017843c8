using System.Diagnostics;
using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>From exec to the first layer out of a cache that was there before.</summary>
internal sealed class Start : IWorkload
{
    private const int LayerBytes = 1 << 20;

    public string Name => "start";

    public string Question => "How long from the start of the process to the first pull?";

    public string Explanation =>
        "The process is started on a cache that has the layer, plain port, shipped binary, program and cache in memory; the "
        + "clock stops at the last byte of a layer of 1 MiB. A shell that only redirects the output comes first, and the "
        + "client knocks every millisecond, for every server alike. The first start is not counted.";

    public async Task<IReadOnlyList<Case>> RunAsync(Bench bench)
    {
        var results = new Case("unpinned", Cores.Floating, Names.Nginx);
        Bench.Say("start: unpinned");
        var spec = new UpstreamSpec { LayerFiles = bench.Stock.Layers(1, LayerBytes) };
        await using var arena = await Arena.OpenAsync(bench, results.Cores, spec);
        var caches = new List<(Contender Contender, string Folder)>();
        foreach (var contender in bench.Field(bench.DockerRegistry))
        {
            var server = await arena.StartAsync(contender);
            await arena.VerifyAsync(server, arena.Layers);
            await arena.StopAsync(server, keepFolder: true);
            caches.Add((contender, server.Folder));
        }

        var rounds = new Rounds(bench, arena, results);
        for (var round = 0; round <= bench.Scale.Starts; round++)
        {
            foreach (var (contender, folder) in caches)
            {
                var sample = await StartAsync(arena, contender, folder);
                if (round > 0)
                {
                    results.Add(contender.Name, sample);
                }
            }

            if (round > 0)
            {
                rounds.Tell(round);
            }
        }

        return [results];
    }

    private static async Task<Sample> StartAsync(Arena arena, Contender contender, string folder)
    {
        var server = await arena.LaunchAsync(contender, folder: folder);
        var answer = await arena.DoAsync(server, Order(server, arena.Layers[0]));
        var sample = new Sample
        {
            [Measure.FirstAnswer] = Stopwatch.GetElapsedTime(server.Process!.StartedAt, answer.FinishedAt).TotalMilliseconds,
            [Measure.PeakMemory] = server.Tree!.PeakMebibytes,
        };
        await arena.StopAsync(server, keepFolder: true);
        return sample;
    }

    /// <summary>Knocks until it comes.</summary>
    public static ClientOrder Order(RunningServer server, Content content) =>
        new() { Deed = Deed.First, Port = server.Port, Wanted = [server.Want(content)] };
}
