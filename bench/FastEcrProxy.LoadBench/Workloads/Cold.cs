using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>A layer that no cache has: fetched, stored and handed on, to one client or to a herd.</summary>
internal sealed class Cold : IWorkload
{
    private const int Herd = 8;
    private const long HerdBytesPerSecond = 100_000_000; // of one connection to the layer store, as S3 gives

    private readonly Func<Bench, Task<IReadOnlyList<Case>>> _run;

    private Cold(Func<Cold, Bench, Task<IReadOnlyList<Case>>> run) => _run = bench => run(this, bench);

    /// <summary>One client, a layer store over TLS.</summary>
    public static Cold Alone { get; } = new(static (self, bench) => self.OnAllCoresAsync(bench, tls: true, clients: 1))
    {
        Name = "cold",
        Question = "How fast is the first pull of a layer, fetched over TLS and stored?",
        Explanation = "One client, an empty cache and a fresh server in every round, registry and layer store over TLS. Ours "
            + "has verified the digest before the last byte leaves; nginx verifies nothing.",
    };

    /// <summary>One client, a layer store that gives each connection little.</summary>
    public static Cold Limited { get; } = new(static (self, bench) => self.OnLimitAsync(bench))
    {
        Name = "cold-limited",
        Question = "How fast is the first pull of a layer when the layer store gives each connection little?",
        Explanation = "One client, an empty cache and a fresh server in every round. S3 gives one connection some tens of "
            + "MB/s; so does the stand-in here. Compared with ourselves on one connection, which is what everybody else uses.",
    };

    /// <summary>Eight clients at once, a layer store that gives each connection 100 MB/s.</summary>
    public static Cold HerdLimited { get; } = new(static (self, bench) => self.HerdOnLimitAsync(bench))
    {
        Name = "herd-limited",
        Question = "How fast does a herd get a cold layer when the layer store gives each connection 100 MB/s?",
        Explanation = "Eight clients ask for the same layer at once; empty cache and fresh server in every round. MB/s is "
            + "what all of them get together. nginx's recipe has the default proxy_cache_lock_timeout of 5 s, after which "
            + "each waiter fetches a copy of its own; the row with 1h shows it waiting for the one copy instead.",
    };

    /// <summary>Eight clients at once, a layer store without a limit.</summary>
    public static Cold HerdUnlimited { get; } = new(static (self, bench) => self.OnAllCoresAsync(bench, tls: false, Herd))
    {
        Name = "herd",
        Question = "How fast does a herd get a cold layer from a layer store without a limit?",
        Explanation = "As herd-limited, but the stand-in gives what it can.",
    };

    public required string Name { get; init; }

    public required string Question { get; init; }

    public required string Explanation { get; init; }

    public Task<IReadOnlyList<Case>> RunAsync(Bench bench) => _run(bench);

    private async Task<IReadOnlyList<Case>> OnAllCoresAsync(Bench bench, bool tls, int clients)
    {
        var cases = new List<Case>();
        foreach (var cores in bench.Pinnings)
        {
            var results = new Case(cores.Title, cores, Names.Nginx);
            cases.Add(await RunAsync(bench, results, bench.Field(), tls, clients, bench.Scale.LayerBytes));
        }

        return cases;
    }

    private async Task<IReadOnlyList<Case>> OnLimitAsync(Bench bench)
    {
        var cases = new List<Case>();
        var limit = bench.Scale.LimitedBytesPerSecond;
        Contender[] field = [bench.OneConnection, .. bench.Options.Quick ? bench.Proxies : bench.Field()];
        foreach (var bytes in bench.Scale.LimitedLayerBytes)
        {
            var title = $"{bytes >> 20} MiB, {limit / 1_000_000} MB/s per connection";
            var results = new Case(title, Cores.Floating, Names.OneConnection);
            cases.Add(await RunAsync(bench, results, field, tls: false, clients: 1, bytes, limit));
        }

        return cases;
    }

    private async Task<IReadOnlyList<Case>> HerdOnLimitAsync(Bench bench)
    {
        var bytes = bench.Options.Quick ? bench.Scale.LimitedLayerBytes[0] : bench.Scale.LayerBytes;
        var field = bench.Options.Quick ? bench.Field() : bench.Field(bench.PatientNginx);
        var results = new Case("unpinned", Cores.Floating, Names.Nginx);
        return [await RunAsync(bench, results, field, tls: false, Herd, bytes, HerdBytesPerSecond)];
    }

    private async Task<Case> RunAsync(
        Bench bench, Case results, IReadOnlyList<Contender> field, bool tls, int clients, long layerBytes, long limit = 0)
    {
        Bench.Say($"{Name}: {results.Title}");
        var spec = new UpstreamSpec
        {
            LayerFiles = bench.Stock.Layers(1, layerBytes),
            ManifestFiles = bench.Stock.Manifests(1),
            BytesPerSecond = limit,
        };
        await using var arena = await Arena.OpenAsync(bench, results.Cores, spec, tls);
        var rounds = limit > 0 ? bench.Scale.LimitedRounds : bench.Scale.Rounds;
        await new Rounds(bench, arena, results).ColdAsync(field, arena.Layers[0], clients, rounds);
        return results;
    }
}
