using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Manifests by digest from the cache: the small answers.</summary>
internal sealed class ManifestHit : IWorkload
{
    public const int Connections = 32;
    public const int Manifests = 16;

    public string Name => "manifest";

    public string Question => "How many manifests a second does the cache give, and how soon?";

    public string Explanation =>
        "16 manifests of 2 KiB by digest, 32 kept connections, one request at a time on each. The real recipe caches no "
        + "manifests; this nginx does, since otherwise it would be a comparison with the stand-in.";

    public Task<IReadOnlyList<Case>> RunAsync(Bench bench) => bench.MeasureAsync(
        this,
        new UpstreamSpec { ManifestFiles = bench.Stock.Manifests(Manifests) },
        bench.PinningsAndLogged.Select(one => (Case.Logged(one.Cores, one.Logging, Names.Nginx), Asks(bench, one.Logging))));

    /// <summary>The load that others use, too, to see how small answers fare meanwhile.</summary>
    public static ClientOrder Order(
        RunningServer server, IEnumerable<Content> manifests, double seconds, int connections = Connections) => new()
    {
        Deed = Deed.Load,
        Port = server.Port,
        Wanted = [.. manifests.Select(server.Want)],
        Connections = connections,
        Seconds = seconds,
    };

    private static Func<Rounds, Task> Asks(Bench bench, bool logging) => rounds => rounds.WarmAsync(
        bench.Field(bench.DockerRegistry),
        rounds.Arena.Manifests,
        server => Order(server, rounds.Arena.Manifests, bench.Scale.Seconds),
        static measured => measured.Requests(),
        setting => setting with { LogEverything = logging });
}
