using FastEcrProxy.LoadBench.Client;
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

    public Task<IReadOnlyList<Case>> RunAsync(Bench bench) => bench.MeasureAsync(
        this,
        new UpstreamSpec { LayerFiles = bench.Stock.Layers(1, bench.Scale.LayerBytes) },
        bench.Pinnings.Select(cores => (new Case(cores.Title, cores, Names.Nginx), Pulls(bench))),
        tls: true);

    private static Func<Rounds, Task> Pulls(Bench bench) => rounds => rounds.WarmAsync(
        bench.Field(bench.DockerRegistry),
        rounds.Arena.Layers,
        server => new ClientOrder
        {
            Deed = Deed.Load,
            Port = server.Port,
            Tls = server.Tls,
            Wanted = [server.Want(rounds.Arena.Layers[0])],
            PerConnection = 1,
        },
        static measured => measured.Transfers(),
        static setting => setting with { Tls = true },
        withStandIn: true);
}
