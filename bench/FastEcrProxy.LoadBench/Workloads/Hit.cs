using FastEcrProxy.LoadBench.Client;
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

    public Task<IReadOnlyList<Case>> RunAsync(Bench bench) => bench.MeasureAsync(
        this,
        new UpstreamSpec { LayerFiles = bench.Stock.Layers(1, bench.Scale.LayerBytes) },
        from cores in bench.Pinnings
        from clients in (int[])[1, Many]
        let title = $"{cores.Title}, {clients} client{(clients > 1 ? "s" : "")}"
        select (new Case(title, cores, Names.Nginx), Pulls(bench, clients)));

    private static Func<Rounds, Task> Pulls(Bench bench, int clients) => rounds => rounds.WarmAsync(
        bench.Field(bench.DockerRegistry, bench.Floor),
        rounds.Arena.Layers,
        server => new ClientOrder
        {
            Deed = Deed.Load,
            Port = server.Port,
            Wanted = [server.Want(rounds.Arena.Layers[0])],
            Connections = clients,
            PerConnection = clients == 1 ? bench.Scale.PullsPerRound : 1,
        },
        static measured => measured.Transfers());
}
