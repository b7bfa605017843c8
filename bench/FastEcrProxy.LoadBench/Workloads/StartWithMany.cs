using System.Diagnostics;
using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>A start on a cache with very many blobs: when it is ready, how hits fare meanwhile, what memory a blob takes.</summary>
internal sealed class StartWithMany : IWorkload
{
    private const int LayerBytes = 1 << 20;
    private const string EmptyCache = ", empty cache";

    // What the look through the cache leaves behind is collected by then, or never.
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(1);

    public string Name => "start-100k";

    public string Question => "How does it start with 100,000 blobs in its cache?";

    public string Explanation =>
        "The blobs are files of 32 bytes under names that could be digests; one real layer of 1 MiB is among them and is "
        + "pulled, over and over, until the log says that the whole cache has been looked through. Ready is `/readyz`. Memory "
        + "per blob is the resident size a second later, less that of a proxy which was started in the same way on a cache "
        + "with the one layer alone.";

    public async Task<IReadOnlyList<Case>> RunAsync(Bench bench)
    {
        var results = new Case($"{bench.Scale.Blobs:N0} blobs", Cores.Floating, Names.Proxy + EmptyCache);
        Bench.Say($"start-100k: {results.Title}");
        var spec = new UpstreamSpec { LayerFiles = bench.Stock.Layers(1, LayerBytes) };
        await using var arena = await Arena.OpenAsync(bench, results.Cores, spec);
        var empty = await WarmAsync(arena, bench.Proxies[0]);
        var full = await WarmAsync(arena, bench.Proxies[0]);
        using var blobs = new ManyBlobs(bench.Stock, bench.Scale.Blobs, Path.Combine(full, "cache"));

        var rounds = new Rounds(bench, arena, results);
        for (var round = 1; round <= bench.Scale.Rounds; round++)
        {
            foreach (var contender in bench.Proxies)
            {
                var alone = await SampleAsync(bench, arena, contender, empty, 0);
                var among = await SampleAsync(bench, arena, contender, full, bench.Scale.Blobs);
                if (!bench.Options.Quick) // with few blobs it would be the noise of the garbage collector
                {
                    among.Sample[Measure.BytesPerBlob] = (among.Resident - alone.Resident) * 1024 * 1024 / bench.Scale.Blobs;
                }

                results.Add(contender.Name + EmptyCache, alone.Sample);
                results.Add(contender.Name, among.Sample);
            }

            rounds.Tell(round);
        }

        return [results];
    }

    private static async Task<string> WarmAsync(Arena arena, Contender contender)
    {
        var server = await arena.StartAsync(contender);
        await arena.VerifyAsync(server, arena.Layers);
        await arena.StopAsync(server, keepFolder: true);
        return server.Folder;
    }

    private static async Task<(Sample Sample, double Resident)> SampleAsync(
        Bench bench, Arena arena, Contender contender, string folder, int blobs)
    {
        var log = new FoundInLog(Arena.LogFileOf(folder), "The cache holds ");
        var server = await arena.LaunchAsync(contender, static setting => setting with { LogEverything = true }, folder);
        var started = server.Process!.StartedAt;
        var ready = Readiness.WaitAsync(server.AdminPort, bench.Cancel);
        var first = await arena.DoAsync(server, Start.Order(server, arena.Layers[0]));

        var going = Path.Combine(bench.Options.WorkFolder, "index-is-being-made");
        await File.WriteAllTextAsync(going, "");
        var meanwhile = arena.DoAsync(server, new ClientOrder
        {
            Deed = Deed.Load,
            Port = server.Port,
            Wanted = [server.Want(arena.Layers[0])],
            WhileExists = going,
        });
        var (line, indexedAt) = await log.WaitAsync(bench.Cancel);
        File.Delete(going);
        var hits = await meanwhile;
        var readyAt = await ready;
        CheckIndex(line, blobs);
        await Task.Delay(Settling, TimeProvider.System, bench.Cancel);

        var resident = server.Tree!.ResidentMebibytes;
        var sample = new Sample
        {
            [Measure.Ready] = Milliseconds(readyAt),
            [Measure.FirstAnswer] = Milliseconds(first.FinishedAt),
            [Measure.Indexed] = Milliseconds(indexedAt),
            [Measure.HitMeanwhile] = hits.Percentile99Milliseconds,
            [Measure.PeakMemory] = server.Tree.PeakMebibytes,
        };
        await arena.StopAsync(server, keepFolder: true);
        return (sample, resident);

        double Milliseconds(long at) => Stopwatch.GetElapsedTime(started, at).TotalMilliseconds;
    }

    private static void CheckIndex(string line, int blobs)
    {
        if (!line.Contains($" {blobs + 1} blobs", StringComparison.Ordinal))
        {
            throw new BenchFailure($"The cache was filled with {blobs + 1} blobs, but the proxy says: {line}");
        }
    }
}
