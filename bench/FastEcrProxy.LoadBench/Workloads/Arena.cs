using FastEcrProxy.LoadBench.Client;
using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Processes;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>One case while it runs: the stand-in, the clients, and the servers that were started in between.</summary>
internal sealed class Arena : IAsyncDisposable
{
    private readonly Bench _bench;
    private readonly UpstreamProcess _upstream;
    private readonly List<ClientProcess> _clients;
    private readonly List<RunningServer> _servers = [];

    private Arena(Bench bench, Cores cores, UpstreamProcess upstream, List<ClientProcess> clients)
    {
        (_bench, Cores, _upstream, _clients) = (bench, cores, upstream, clients);
        Layers = Contents(upstream.Spec.LayerFiles, upstream.Address.LayerDigests, isManifest: false);
        Manifests = Contents(upstream.Spec.ManifestFiles, upstream.Address.ManifestDigests, isManifest: true);
    }

    public Cores Cores { get; }

    public IReadOnlyList<Content> Layers { get; }

    public IReadOnlyList<Content> Manifests { get; }

    public UpstreamAddress Upstream => _upstream.Address;

    /// <param name="bench">Says how large.</param>
    /// <param name="cores">Who runs where.</param>
    /// <param name="spec">What the stand-in serves.</param>
    /// <param name="tls">Whether the stand-in speaks TLS, if the command line does not say.</param>
    /// <param name="clients">Client processes; most need one.</param>
    public static async Task<Arena> OpenAsync(Bench bench, Cores cores, UpstreamSpec spec, bool tls = false, int clients = 1)
    {
        if (bench.Options.UpstreamTls ?? tls)
        {
            spec = spec with { CertificateFile = bench.Certificates.CertificateFile, KeyFile = bench.Certificates.KeyFile };
        }

        var upstream = await UpstreamProcess.StartAsync(spec, cores.Upstream, bench.Cancel);
        return new Arena(bench, cores, upstream, [.. Enumerable.Range(0, clients).Select(_ => new ClientProcess(cores.Client))]);
    }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="contender">Which.</param>
    /// <param name="adjust">Other settings than the usual.</param>
    /// <param name="folder">Its cache from an earlier start; null is an empty one.</param>
    public async Task<RunningServer> StartAsync(
        Contender contender, Func<ServerSetting, ServerSetting>? adjust = null, string? folder = null)
    {
        var server = await LaunchAsync(contender, adjust, folder);
        var known = Manifests.Count > 0 ? Manifests[0] : Layers[0];
        var knock = new ClientOrder { Deed = Deed.First, Port = server.Port, Tls = server.Tls, Wanted = [server.Want(known)] };
        var answered = DoAsync(server, knock);
        if (await Task.WhenAny(answered, server.Process!.EndedAsync(_bench.Cancel)) != answered)
        {
            throw new BenchFailure($"{server.Name} does not start: {server.Process.LogTail}");
        }

        await answered;
        return server;
    }

    /// <summary>Starts a server and does not wait.</summary>
    public async Task<RunningServer> LaunchAsync(
        Contender contender, Func<ServerSetting, ServerSetting>? adjust = null, string? folder = null)
    {
        folder ??= _bench.NewFolder(contender.Name);
        var setting = new ServerSetting
        {
            Upstream = _upstream.Address,
            Folder = folder,
            LogFile = LogFileOf(folder),
            Certificates = _bench.Certificates,
            ContentFolder = _bench.Stock.Folder,
            Core = Cores.Server,
        };
        var server = await contender.StartAsync(adjust?.Invoke(setting) ?? setting);
        _servers.Add(server);
        return server;
    }

    /// <summary>Where a server with this folder writes its log.</summary>
    public static string LogFileOf(string folder) => folder + ".log";

    /// <summary>The stand-in's layer store itself, as if it were a server under test.</summary>
    public async Task<RunningServer> StandInAsync()
    {
        var paths = new Dictionary<string, string>();
        foreach (var layer in Layers)
        {
            paths[layer.Digest] = (await _upstream.LayerUrlAsync(layer.Digest, _bench.Cancel)).PathAndQuery;
        }

        return new RunningServer(Names.NoProxy, Upstream.Layers.Port)
        {
            Tls = Upstream.Layers.Scheme == "https",
            PathOf = content => paths[content.Digest],
        };
    }

    /// <summary>Ends a server, and forgets its cache unless that is still needed.</summary>
    public async Task StopAsync(RunningServer server, bool keepFolder = false)
    {
        _servers.Remove(server);
        await server.DisposeAsync();
        if (!keepFolder && server.Folder.Length > 0)
        {
            Directory.Delete(server.Folder, recursive: true);
        }
    }

    /// <summary>Has every byte read and compared; what was not in the cache is afterwards.</summary>
    public Task VerifyAsync(RunningServer server, IEnumerable<Content> contents) => DoAsync(server, new ClientOrder
    {
        Deed = Deed.Verify,
        Port = server.Port,
        Tls = server.Tls,
        Wanted = [.. contents.Select(server.Want)],
    });

    /// <summary>Has the first client do something, unmeasured.</summary>
    public Task<ClientAnswer> DoAsync(RunningServer server, ClientOrder order) =>
        _clients[0].DoAsync(server.Name, order, _bench.Cancel);

    /// <summary>Has the clients work at the same time, one order each, and measures what it cost everybody.</summary>
    /// <param name="server">Who is asked.</param>
    /// <param name="orders">The first says when it is over.</param>
    public async Task<Measured> MeasureAsync(RunningServer server, params IReadOnlyList<ClientOrder> orders)
    {
        await _upstream.ResetAsync(_bench.Cancel);
        server.Tree?.ForgetPeak();
        var before = Clocks(server);
        var answers = await Task.WhenAll(orders.Select((order, i) => _clients[i].DoAsync(server.Name, order, _bench.Cancel)));
        var used = Clocks(server).Select((seconds, i) => seconds - before[i]).ToList();
        return new Measured(answers, await _upstream.CountsAsync(_bench.Cancel))
        {
            ServerSeconds = server.Tree is null ? null : used[0],
            ClientSeconds = used[1],
            UpstreamSeconds = used[2],
            ForeignSeconds = Math.Max(0, used[3] - used[0] - used[1] - used[2]),
            PeakMebibytes = server.Tree?.PeakMebibytes,
        };
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }

        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await _upstream.DisposeAsync();
    }

    private double[] Clocks(RunningServer server) =>
    [
        server.Tree?.CpuSeconds ?? 0,
        _clients.Sum(static client => client.Tree.CpuSeconds),
        _upstream.Tree.CpuSeconds,
        MachineClock.BusySeconds(),
    ];

    private static List<Content> Contents(IReadOnlyList<string> files, IReadOnlyList<string> digests, bool isManifest) =>
        [.. files.Zip(digests, (file, digest) => new Content(file, new FileInfo(file).Length, digest, isManifest))];
}
