using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Many small layers from the cache, the whole product: the recipe asks ECR on every hit.</summary>
internal sealed class HitSmall : IWorkload
{
    private const int LayerBytes = 1 << 20;
    private const int Layers = 64;
    private const int Clients = 32;

    public string Name => "hit-small";

    public string Question => "How many small layers a second does the whole product give from its cache?";

    public string Explanation =>
        "64 layers of 1 MiB, 32 kept connections, every layer in every cache. On each hit nginx asks the stand-in for ECR, "
        + "over TLS as ECR is asked, but a loopback away instead of a network. The recipes in use open a new connection for each "
        + "question, and the figures refer to them; beside them stands an nginx that keeps its connections.";

    public Task<IReadOnlyList<Case>> RunAsync(Bench bench) => bench.MeasureAsync(
        this,
        new UpstreamSpec { LayerFiles = bench.Stock.Layers(Layers, LayerBytes) },
        bench.PinningsAndLogged.Select(one => (Case.Logged(one.Cores, one.Logging, Names.RealNginx), Pulls(bench, one.Logging))),
        tls: true);

    private static Func<Rounds, Task> Pulls(Bench bench, bool logging) => rounds => rounds.WarmAsync(
        bench.Field(bench.RealNginx, bench.DockerRegistry, bench.Floor),
        rounds.Arena.Layers,
        server => new ClientOrder
        {
            Deed = Deed.Load,
            Port = server.Port,
            Wanted = [.. rounds.Arena.Layers.Select(server.Want)],
            Connections = Clients,
            Seconds = bench.Scale.Seconds,
        },
        static measured => measured.Requests(),
        setting => setting with { LogEverything = logging });
}
