using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
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

    public async Task<IReadOnlyList<Case>> RunAsync(Bench bench)
    {
        var cases = new List<Case>();
        foreach (var cores in bench.Pinnings)
        {
            cases.Add(await RunAsync(bench, cores, logging: false));
        }

        if (!bench.Options.Quick)
        {
            cases.Add(await RunAsync(bench, bench.Pinnings[0], logging: true));
        }

        return cases;
    }

    private static async Task<Case> RunAsync(Bench bench, Cores cores, bool logging)
    {
        var title = cores.Title + (logging ? ", every request logged to a file" : "");
        var results = new Case(title, cores, Names.RealNginx) { Counts = !logging };
        Bench.Say($"hit-small: {results.Title}");
        var spec = new UpstreamSpec { LayerFiles = bench.Stock.Layers(Layers, LayerBytes) };
        await using var arena = await Arena.OpenAsync(bench, cores, spec, tls: true);
        await new Rounds(bench, arena, results).WarmAsync(
            bench.Field(bench.RealNginx, bench.DockerRegistry, bench.Floor),
            arena.Layers,
            server => new ClientOrder
            {
                Deed = Deed.Load,
                Port = server.Port,
                Wanted = [.. arena.Layers.Select(server.Want)],
                Connections = Clients,
                Seconds = bench.Scale.Seconds,
            },
            static measured => measured.Requests(),
            setting => setting with { LogEverything = logging });
        return results;
    }
}
