using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Runs the servers of a case in turn, A B A B, so that what disturbs the machine disturbs them all.</summary>
internal sealed class Rounds(Bench bench, Arena arena, Case results)
{
    // Parts of a layer may come twice where a connection is given up; a second copy of it is another thing.
    private const double OneCopy = 1.1;

    private const double ShareOfPretouch = 1.5; // of the bytes that are stored: the file, and what is under way
    private const long PretouchBesides = 256 << 20;

    public Arena Arena => arena;

    public Case Results => results;

    /// <summary>
    /// Servers that run through all rounds and have everything in their caches. Each is warmed with the same order before
    /// it is measured.
    /// </summary>
    /// <param name="contenders">In turn.</param>
    /// <param name="contents">What is asked for.</param>
    /// <param name="order">What is measured.</param>
    /// <param name="sample">What is made of it.</param>
    /// <param name="adjust">Other settings than the usual.</param>
    /// <param name="withStandIn">Measures, too, what clients get from the layer store without any proxy.</param>
    public async Task WarmAsync(
        IReadOnlyList<Contender> contenders,
        IReadOnlyList<Content> contents,
        Func<RunningServer, ClientOrder> order,
        Func<Measured, Sample> sample,
        Func<ServerSetting, ServerSetting>? adjust = null,
        bool withStandIn = false)
    {
        var servers = new List<RunningServer>();
        foreach (var contender in contenders)
        {
            servers.Add(await StartWarmAsync(contender, contents, adjust));
        }

        if (withStandIn)
        {
            servers.Add(await arena.StandInAsync());
        }

        for (var round = 1; round <= bench.Scale.Rounds; round++)
        {
            foreach (var server in servers)
            {
                await WarmUpAsync(server, contents);
                var measured = await arena.MeasureAsync(server, order(server));
                CheckHits(server, contents, measured);
                results.Add(server.Name, sample(measured));
            }

            Tell(round);
        }
    }

    /// <summary>Starts a server that has everything in its cache, and has compared it with what it should be.</summary>
    public async Task<RunningServer> StartWarmAsync(
        Contender contender, IReadOnlyList<Content> contents, Func<ServerSetting, ServerSetting>? adjust = null)
    {
        var server = await arena.StartAsync(contender, adjust, bench.WarmFolder(contender, contents));
        await arena.VerifyAsync(server, contents);
        return server;
    }

    /// <summary>Every server anew in every round, with an empty cache.</summary>
    /// <param name="contenders">In turn.</param>
    /// <param name="layer">What is asked for, and stored.</param>
    /// <param name="clients">How many ask for it at once.</param>
    /// <param name="rounds">How many.</param>
    public async Task ColdAsync(IReadOnlyList<Contender> contenders, Content layer, int clients, int rounds)
    {
        var standIn = await arena.StandInAsync();
        if (rounds > 1)
        {
            await arena.DoAsync(standIn, Pull(standIn, layer, 1)); // everything on its way is compiled then
            results.Add(standIn.Name, ColdSample(await arena.MeasureAsync(standIn, Pull(standIn, layer, clients)), layer));
        }

        for (var round = 1; round <= rounds; round++)
        {
            foreach (var contender in contenders)
            {
                var server = await arena.StartAsync(contender);
                FreshMemory.Touch((long)(layer.Length * ShareOfPretouch) + PretouchBesides);
                var measured = await arena.MeasureAsync(server, Pull(server, layer, clients));
                var sample = ColdSample(measured, layer);
                if (contender is ProxyContender && sample[Measure.Copies] > OneCopy)
                {
                    throw new BenchFailure(
                        $"{server.Name} fetched the layer {sample[Measure.Copies]:F2} times for {clients} clients, not once.");
                }

                results.Add(server.Name, sample);
                if (round == 1)
                {
                    await arena.VerifyAsync(server, [layer]); // what it kept is what it should be
                }

                await arena.StopAsync(server);
            }

            Tell(round);
        }
    }

    public void Tell(int round)
    {
        var main = results.Measures[0];
        var values = results.Rows.Where(row => row.Samples.Count == round)
            .Select(row => $"{row.Name} {main.Write(row.Samples[^1][main] ?? 0)}");
        Bench.Say($"  round {round}: {string.Join(", ", values)} {main.Title}");
    }

    private static ClientOrder Pull(RunningServer server, Content layer, int clients) => new()
    {
        Deed = Deed.Load,
        Port = server.Port,
        Tls = server.Tls,
        Wanted = [server.Want(layer)],
        Connections = clients,
        PerConnection = 1,
    };

    private static Sample ColdSample(Measured measured, Content layer)
    {
        var sample = measured.Transfers();
        sample[Measure.Copies] = (double)measured.Counts.LayerBytes / layer.Length;
        return sample;
    }

    private Task WarmUpAsync(RunningServer server, IReadOnlyList<Content> contents) => arena.DoAsync(server, new ClientOrder
    {
        Deed = Deed.Load,
        Port = server.Port,
        Tls = server.Tls,
        Wanted = [.. contents.Select(server.Want)],
        PerConnection = contents.Count,
    });

    /// <summary>A hit that was none would be measured as one.</summary>
    private static void CheckHits(RunningServer server, IReadOnlyList<Content> contents, Measured measured)
    {
        var expected = server.AsksOnEveryHit && !contents[0].IsManifest ? measured.Answers[0].Requests : 0;
        if (server.Process is null)
        {
            return; // the layer store itself
        }

        if (measured.Counts.LayerGets != 0 || (server.Companion is null && measured.Counts.RegistryRequests != expected))
        {
            throw new BenchFailure(
                $"{server.Name} was to answer from its cache, but asked the registry {measured.Counts.RegistryRequests} times "
                + $"(expected: {expected}) and the layer store {measured.Counts.LayerGets} times.");
        }
    }
}
