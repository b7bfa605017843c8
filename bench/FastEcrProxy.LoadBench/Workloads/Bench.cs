using FastEcrProxy.LoadBench.Machine;
using FastEcrProxy.LoadBench.Results;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LoadBench.Upstream;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>What all workloads share: who takes part, how much there is to do, and where things are put.</summary>
internal sealed class Bench
{
    private readonly HashSet<string> _told = [];
    private readonly Dictionary<(string Contender, string Digest, int Count), string> _warm = [];
    private readonly string _caches;
    private int _folders;

    public Bench(BenchOptions options, CancellationToken cancel)
    {
        (Options, Cancel) = (options, cancel);
        Scale = options.Quick ? Scale.Quick : Scale.Full;
        Scale = Scale with { Rounds = options.Rounds ?? Scale.Rounds, LimitedRounds = options.Rounds ?? Scale.LimitedRounds };
        _caches = Path.Combine(options.WorkFolder, "caches");
        Clear();
        Stock = new Stock(Path.Combine(options.WorkFolder, "content"));
        Certificates = Certificates.Make(Path.Combine(options.WorkFolder, "tls"));
        Proxies =
        [
            Proxy(Names.Proxy, new Dictionary<string, string>()),
            .. options.Variants.Select(variant => Proxy($"{Names.Proxy}, {variant.Name}", variant.Environment)),
        ];
    }

    public BenchOptions Options { get; }

    public Scale Scale { get; }

    public CancellationToken Cancel { get; }

    public Stock Stock { get; }

    public Certificates Certificates { get; }

    /// <summary>Ours, with all its variants.</summary>
    public IReadOnlyList<Contender> Proxies { get; }

    public Contender OneConnection =>
        Proxy(Names.OneConnection, new Dictionary<string, string> { ["FEP_Cache__FetchConnections"] = "1" });

    public Contender Nginx { get; } = new NginxContender(Names.Nginx);

    public Contender PatientNginx { get; } = new NginxContender(Names.PatientNginx, lockTime: "1h");

    public Contender RealNginx { get; } = new NginxContender(Names.RealNginx, keepsConnections: false);

    public Contender DockerRegistry { get; } = new DockerRegistryContender();

    public Contender Floor => new FloorContender(Options.FloorProgram);

    /// <summary>Pinned and not; a quick look takes one of them.</summary>
    public IReadOnlyList<Cores> Pinnings =>
        !Cores.CanPin ? [Cores.Floating] : Options.Quick ? [Cores.Pinned] : [Cores.Pinned, Cores.Floating];

    /// <summary>All pinnings without a log, and one with every request logged, which a quick look leaves out.</summary>
    public IReadOnlyList<(Cores Cores, bool Logging)> PinningsAndLogged =>
        [.. Pinnings.Select(static cores => (cores, false)), .. Options.Quick ? [] : new[] { (Pinnings[0], true) }];

    /// <summary>Measures cases one after the other, each in an arena of its own.</summary>
    /// <param name="workload">For those who watch.</param>
    /// <param name="spec">What the stand-in serves.</param>
    /// <param name="cases">Each with what fills it.</param>
    /// <param name="tls">Whether the stand-in speaks TLS, if the command line does not say.</param>
    /// <param name="clients">Client processes.</param>
    public async Task<IReadOnlyList<Case>> MeasureAsync(
        IWorkload workload, UpstreamSpec spec, IEnumerable<(Case Results, Func<Rounds, Task> Run)> cases, bool tls = false, int clients = 1)
    {
        var done = new List<Case>();
        foreach (var (results, run) in cases)
        {
            Say($"{workload.Name}: {results.Title}");
            await using var arena = await Arena.OpenAsync(this, results.Cores, spec, tls, clients);
            await run(new Rounds(this, arena, results));
            done.Add(results);
        }

        return done;
    }

    /// <summary>nginx first, then ours, then whatever else can take part here; what cannot is said once.</summary>
    public IReadOnlyList<Contender> Field(params IEnumerable<Contender> others)
    {
        Contender[] all = [Nginx, .. Proxies, .. others.Where(other => !Options.Quick || other is not DockerRegistryContender)];
        foreach (var contender in all.Where(contender => contender.Missing is not null && _told.Add(contender.Name)))
        {
            Say($"  without {contender.Name}: {contender.Missing}");
        }

        return [.. all.Where(static contender => contender.Missing is null)];
    }

    /// <summary>An empty folder for a server's cache.</summary>
    public string NewFolder(string server)
    {
        var name = $"{++_folders:D3}-{string.Concat(server.Where(char.IsAsciiLetterOrDigit))}";
        return Directory.CreateDirectory(Path.Combine(_caches, name)).FullName;
    }

    /// <summary>
    /// The folder of a server whose cache has certain contents already, from another case of the same workload, or will have:
    /// filling it once is enough.
    /// </summary>
    public string WarmFolder(Contender contender, IReadOnlyList<Content> contents)
    {
        var key = (contender.Name, contents[0].Digest, contents.Count);
        if (!_warm.TryGetValue(key, out var folder))
        {
            _warm[key] = folder = NewFolder(contender.Name);
        }

        return folder;
    }

    /// <summary>Forgets all caches.</summary>
    public void Clear()
    {
        _warm.Clear();
        if (Directory.Exists(_caches))
        {
            Directory.Delete(_caches, recursive: true);
        }
    }

    public static void Say(string line) => Console.WriteLine(line);

    private ProxyContender Proxy(string name, IReadOnlyDictionary<string, string> environment) =>
        new(name, Options.Binary, environment);
}
