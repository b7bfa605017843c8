using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
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

    private static async Task<Case> RunAsync(Bench bench, Cores cores, bool logging)
    {
        var title = cores.Title + (logging ? ", every request logged to a file" : "");
        var results = new Case(title, cores, Names.Nginx) { Counts = !logging };
        Bench.Say($"manifest: {results.Title}");
        var spec = new UpstreamSpec { ManifestFiles = bench.Stock.Manifests(Manifests) };
        await using var arena = await Arena.OpenAsync(bench, cores, spec);
        await new Rounds(bench, arena, results).WarmAsync(
            bench.Field(bench.DockerRegistry),
            arena.Manifests,
            server => Order(server, arena.Manifests, bench.Scale.Seconds),
            static measured => measured.Requests(),
            setting => setting with { LogEverything = logging });
        return results;
    }
}
