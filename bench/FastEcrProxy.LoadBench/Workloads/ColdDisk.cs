using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Hits whose files are on disk only, and what they do to everybody else.</summary>
internal sealed class ColdDisk : IWorkload
{
    private const int Bystanders = 8; // connections that ask for manifests meanwhile
    private const double LongerThanAnyPull = 600; // seconds; the pulls say when it is over

    public string Name => "cold-disk";

    public string Question => "How fast is a hit that is on disk but not in memory, and whom does it hold up?";

    public string Explanation =>
        "The files are in the cache, their pages are dropped from memory before every round (posix_fadvise, checked by "
        + "mincore). Beside the pulls 8 connections ask for manifests that are in memory: p50 and p99 are theirs. The C loop "
        + "shows what the disk gives.";

    public async Task<IReadOnlyList<Case>> RunAsync(Bench bench) =>
        [await RunAsync(bench, 1, bench.Scale.LayerBytes), await RunAsync(bench, 8, bench.Scale.LayerBytes / 8)];

    private static async Task<Case> RunAsync(Bench bench, int layers, long bytes)
    {
        var title = $"{layers} cold layer{(layers > 1 ? "s at once" : "")}, {bytes >> 20} MiB";
        var results = new Case(title, Cores.Floating, Names.Nginx);
        Bench.Say($"cold-disk: {title}");
        var spec = new UpstreamSpec
        {
            LayerFiles = bench.Stock.Layers(layers, bytes),
            ManifestFiles = bench.Stock.Manifests(ManifestHit.Manifests),
        };
        await using var arena = await Arena.OpenAsync(bench, results.Cores, spec, clients: 2);
        var rounds = new Rounds(bench, arena, results);
        var servers = new List<RunningServer>();
        foreach (var contender in bench.Field(bench.Floor))
        {
            servers.Add(await rounds.StartWarmAsync(contender, [.. arena.Layers, .. arena.Manifests]));
        }

        for (var round = 1; round <= bench.Scale.Rounds; round++)
        {
            foreach (var server in servers)
            {
                results.Add(server.Name, await SampleAsync(bench, arena, server));
            }

            rounds.Tell(round);
        }

        return results;
    }

    private static async Task<Sample> SampleAsync(Bench bench, Arena arena, RunningServer server)
    {
        DropPages(arena, server);
        var going = Path.Combine(bench.Options.WorkFolder, "pulls-are-going-on");
        await File.WriteAllTextAsync(going, "");
        var pulls = new ClientOrder
        {
            Deed = Deed.Load,
            Port = server.Port,
            Wanted = [.. arena.Layers.Select(server.Want)],
            Connections = arena.Layers.Count,
            PerConnection = 1,
            EndsBy = going,
        };
        var meanwhile = ManifestHit.Order(server, arena.Manifests, LongerThanAnyPull, Bystanders) with { WhileExists = going };
        var measured = await arena.MeasureAsync(server, pulls, meanwhile);
        var sample = new Sample
        {
            [Measure.Throughput] = measured.Answers[0].Bytes / measured.Answers[0].Seconds / 1e6,
            [Measure.Median] = measured.Answers[1].MedianMilliseconds,
            [Measure.Percentile99] = measured.Answers[1].Percentile99Milliseconds,
            [Measure.RequestRate] = measured.Answers[1].Requests / measured.Answers[1].Seconds,
        };
        return measured.WithCosts(sample);
    }

    /// <summary>Of every file that the server may serve the layers from.</summary>
    private static void DropPages(Arena arena, RunningServer server)
    {
        var smallest = arena.Layers.Min(static layer => layer.Length);
        var files = server.Folder.Length == 0
            ? arena.Layers.Select(static layer => layer.File)
            : new DirectoryInfo(server.Folder).EnumerateFiles("*", SearchOption.AllDirectories)
                .Where(file => file.Length >= smallest)
                .Select(static file => file.FullName);
        var dropped = 0;
        foreach (var file in files)
        {
            PageCache.Drop(file);
            dropped++;
        }

        if (dropped < arena.Layers.Count)
        {
            throw new BenchFailure($"Only {dropped} of {arena.Layers.Count} layers were found in the cache of {server.Name}.");
        }
    }
}
