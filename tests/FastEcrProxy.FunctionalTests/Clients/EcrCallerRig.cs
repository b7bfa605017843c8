using System.Diagnostics.Metrics;
using System.Net;
using System.Text;
using FastEcrProxy.Clients;
using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.Regions;
using FastEcrProxy.Http;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.FunctionalTests.Clients;

/// <summary>
/// What knows callers by their ECR token and asks what they may do, before a company's Regions: no port, no cache. The clock is
/// that of what is remembered, and stands.
/// </summary>
internal sealed class EcrCallerRig : IAsyncDisposable
{
    public const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly CapturedLog _log = new();
    private readonly ILoggerFactory _loggers;
    private readonly EcrTokens _tokens;
    private readonly RegistryPool _pool;
    private readonly Upstreams _upstreams;

    private EcrCallerRig(LocalEcrServer ecr, IReadOnlyList<RuleOptions> rules, bool hasOwnToken)
    {
        Ecr = ecr;
        foreach (var local in ecr.Regions.Cast<LocalService>().Concat(ecr.Registries))
        {
            foreach (var repository in (string[])["team/app", "team/secret"])
            {
                local.Content.PutBlob(repository, Layer);
                local.Content.PutManifest(repository, Manifest, MediaType, "1.0");
            }
        }

        _loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(_log));
        var (time, metrics) = (TimeProvider.System, new ProxyMetrics(_services.GetRequiredService<IMeterFactory>()));
        _tokens = new EcrTokens(time, _loggers.CreateLogger<TokenRefresher>());
        var auths = new RegistryAuths(_tokens, metrics, time, _loggers.CreateLogger<RegistryClient>());
        _pool = new RegistryPool(rules, auths.Of, metrics, time, _loggers);
        if (hasOwnToken)
        {
            _tokens.Start();
        }

        _upstreams = new Upstreams(rules, _pool);
        Callers = new EcrCallers(new EcrLogins(new LoginRegistries(rules, _pool)).CheckAsync, Options, Clock);
        Permissions = new CallerPermissions(Options, Clock);
    }

    public static EcrCallerOptions Options { get; } = new();

    /// <summary>Of what is remembered.</summary>
    public FakeTimeProvider Clock { get; } = new(TimeProvider.System.GetUtcNow());

    public LocalEcrServer Ecr { get; }

    public LocalRegion Near => Ecr[Company.Near];

    public LocalRegion Far => Ecr[Company.Far];

    public EcrCallers Callers { get; }

    public CallerPermissions Permissions { get; }

    public static byte[] Layer { get; } = Encoding.ASCII.GetBytes(new string('l', 1000));

    public static byte[] Manifest { get; } = """{"schemaVersion":2,"layers":[]}"""u8.ToArray();

    /// <summary>What was asked of the registries of all Regions, in the order of the Regions.</summary>
    public IEnumerable<RequestEntry> Asked =>
        Ecr.Regions.SelectMany(region => region.Counters.Log).Where(entry => entry.Origin is OriginName.Registry);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>
    /// One rule for everything: the near Region, which is the primary, then the far one. Or others. As a rule AWS gives the proxy
    /// no token of its own: nothing of this may need one.
    /// </summary>
    public static async Task<EcrCallerRig> StartAsync(
        Func<LocalEcrServer, IReadOnlyList<RuleOptions>>? rules = null, Func<LocalEcrOptions, LocalEcrOptions>? local = null,
        bool hasOwnToken = false)
    {
        var ecr = await LocalEcrServer.StartAsync(local?.Invoke(Company.Ecr) ?? Company.Ecr, Cancel);
        return new EcrCallerRig(ecr, rules?.Invoke(ecr) ?? [Rule([ecr[Company.Near], ecr[Company.Far]])], hasOwnToken);
    }

    public static RuleOptions Rule(IEnumerable<LocalRegion> regions, string name = "company") => new()
    {
        Name = name,
        Registries = [.. regions.Select(Company.Registry)],
        Push = true,
    };

    /// <summary>What somebody shows who has this token.</summary>
    public static ClientProof Proof(RegistryToken token) => new(IPAddress.Loopback, EcrCallers.User, token.Password);

    public ValueTask<Recognition> RecogniseAsync(RegistryToken token) => Callers.RecogniseAsync(Proof(token), Cancel);

    /// <summary>The status that somebody with this token gets instead of an answer; 200 where they may.</summary>
    public async Task<int> StatusAsync(RegistryToken token, string method, string path) =>
        await CheckAsync(token, method, path) is { } error ? error.Status : 200;

    /// <summary>Whether a rule lets callers push.</summary>
    public bool MayMake { get; set; }

    public async Task<OciError?> CheckAsync(RegistryToken token, string method, string path, string? ns = null)
    {
        Assert.Null(OciRoute.TryParse(path, out var route));
        var (to, nowhere) = _upstreams.Find("", ns, route.Repository);
        Assert.Null(nowhere);
        var caller = new Caller("ecr:somebody", ClientWay.Ecr);
        return await Permissions.CheckAsync(caller, Proof(token), route, method, to, Cancel, MayMake);
    }

    public Destination To(string repository)
    {
        Assert.True(Repository.TryParse(repository, out var name));
        return _upstreams.Find("", null, name).To;
    }

    public async ValueTask DisposeAsync()
    {
        var text = string.Join('\n', _log.Lines);
        Assert.DoesNotContain("Basic ", text, StringComparison.Ordinal);
        Assert.DoesNotContain("QVdTO", text, StringComparison.Ordinal); // "AWS:" in Base64
        Callers.Dispose();
        Permissions.Dispose();
        _pool.Dispose();
        await _tokens.DisposeAsync();
        await Ecr.DisposeAsync();
        _loggers.Dispose();
        await _services.DisposeAsync();
    }
}
