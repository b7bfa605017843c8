using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>One large layer from the cache over plain HTTP, to one client and to eight.</summary>
internal sealed class Hit : IWorkload
{
    private const int Many = 8;

    public string Name => "hit";

    public string Question => "How fast does a layer leave the cache over plain HTTP, and what does that cost?";

    public string Explanation =>
        "One layer, in every cache and in memory, pulled whole over kept connections. The bare C loop is what the machine can "
        + "do: where it is no faster than a proxy, the client or the kernel is the limit.";

    public async Task<IReadOnlyList<Case>> RunAsync(Bench bench)
    {
        var cases = new List<Case>();
        foreach (var cores in bench.Pinnings)
        {
            foreach (var clients in (int[])[1, Many])
            {
                cases.Add(await RunAsync(bench, cores, clients));
            }
        }

        return cases;
    }

    private static async Task<Case> RunAsync(Bench bench, Cores cores, int clients)
    {
        var results = new Case($"{cores.Title}, {clients} client{(clients > 1 ? "s" : "")}", cores, Names.Nginx);
        Bench.Say($"hit: {results.Title}");
        var spec = new UpstreamSpec { LayerFiles = bench.Stock.Layers(1, bench.Scale.LayerBytes) };
        await using var arena = await Arena.OpenAsync(bench, cores, spec);
        await new Rounds(bench, arena, results).WarmAsync(
            bench.Field(bench.DockerRegistry, bench.Floor),
            arena.Layers,
            server => new ClientOrder
            {
                Deed = Deed.Load,
                Port = server.Port,
                Wanted = [server.Want(arena.Layers[0])],
                Connections = clients,
                PerConnection = clients == 1 ? bench.Scale.PullsPerRound : 1,
            },
            static measured => measured.Transfers());
        return results;
    }
}
