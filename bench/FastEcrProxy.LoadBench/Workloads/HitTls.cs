using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>One large layer from the cache over TLS 1.3.</summary>
internal sealed class HitTls : IWorkload
{
    public string Name => "hit-tls";

    public string Question => "How fast does a layer leave the cache over TLS?";

    public string Explanation =>
        "One layer, in every cache and in memory, one client on a kept connection, TLS 1.3 with AES-256-GCM and no help of "
        + "the kernel on either side. The client deciphers all of it, which costs as much as ciphering.";

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
        Bench.Say($"hit-tls: {results.Title}");
        var spec = new UpstreamSpec { LayerFiles = bench.Stock.Layers(1, bench.Scale.LayerBytes) };
        await using var arena = await Arena.OpenAsync(bench, cores, spec, tls: true);
        await new Rounds(bench, arena, results).WarmAsync(
            bench.Field(bench.DockerRegistry),
            arena.Layers,
            server => new ClientOrder
            {
                Deed = Deed.Load,
                Port = server.Port,
                Tls = server.Tls,
                Wanted = [server.Want(arena.Layers[0])],
                PerConnection = 1,
            },
            static measured => measured.Transfers(),
            static setting => setting with { Tls = true },
            withStandIn: true);
        return results;
    }
}
