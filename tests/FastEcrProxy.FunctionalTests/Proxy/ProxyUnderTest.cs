using System.Globalization;
using System.Net;
using Amazon.Runtime;
using FastEcrProxy.Cache;
using FastEcrProxy.Ecr;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.FunctionalTests.Proxy;

/// <summary>A real proxy on real ports in front of a local ECR, with a cache directory of its own that outlives restarts.</summary>
/// <remarks>Nothing is fetched ahead unless a test wants it: what is asked upstream is what clients asked for.</remarks>
internal sealed class ProxyUnderTest : IAsyncDisposable
{
    /// <summary>
    /// Every time-out towards the registry. Long, since what a test is not about must not run out on a machine that is busy
    /// with others; a test of time-outs has them run out by its clock (<c>MovedClock.EndWaitsOf</c>).
    /// </summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private const int OwnEventsFirst = 1000; // Observability/EventRanges; below are the framework's

    private readonly Func<ProxySettings, ProxySettings> _adjust;
    private readonly TimeProvider _time;
    private ProxyServer? _proxy;

    private ProxyUnderTest(LocalEcrServer ecr, Func<ProxySettings, ProxySettings> adjust, TimeProvider time)
    {
        (Ecr, _adjust, _time) = (ecr, adjust, time);
        Loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log));
    }

    public LocalEcrServer Ecr { get; }

    public LocalRegion Region => Ecr.Main;

    /// <summary>Everything that the proxy logged, since the first start.</summary>
    public CapturedLog Log { get; } = new();

    public string CacheDirectory { get; } = Directory.CreateTempSubdirectory("fep-test-").FullName;

    /// <summary>What it is started with.</summary>
    public ProxySettings Settings => _adjust(SettingsFor(Region, CacheDirectory));

    /// <summary>Where clients reach it, without a trailing slash.</summary>
    public string Url => $"http://127.0.0.1:{Proxy.DataAddress.Port}";

    /// <summary>The same as clients of images write it: host and port.</summary>
    public string Authority => $"127.0.0.1:{Proxy.DataAddress.Port}";

    public string AdminUrl => $"http://127.0.0.1:{Proxy.AdminAddress.Port}";

    public ProxyServer Proxy => _proxy ?? throw new InvalidOperationException("The proxy is stopped.");

    private ILoggerFactory Loggers { get; }

    public static async Task<ProxyUnderTest> StartAsync(
        LocalEcrOptions? ecr = null, Func<ProxySettings, ProxySettings>? adjust = null, TimeProvider? time = null,
        Func<LocalEcrServer, ProxySettings, ProxySettings>? ecrKnown = null)
    {
        var server = await LocalEcrServer.StartAsync(ecr, TestContext.Current.CancellationToken);
        var proxy = new ProxyUnderTest(
            server,
            ecrKnown is null ? adjust ?? (static settings => settings) : settings => ecrKnown(server, settings),
            time ?? TimeProvider.System);
        await proxy.StartAgainAsync();
        return proxy;
    }

    /// <summary>Starts on the cache directory as it is.</summary>
    public async Task StartAgainAsync() => _proxy = await ProxyServer.StartAsync(
        Settings, _time, Loggers, TestContext.Current.CancellationToken);

    /// <summary>Stops in good order, as after SIGTERM.</summary>
    public async Task StopAsync()
    {
        await Proxy.DrainAsync(TestContext.Current.CancellationToken);
        await Proxy.DisposeAsync();
        _proxy = null;
    }

    /// <summary>How many requests have come with this text in their path or query.</summary>
    public int RequestsFor(string text) => Log.Lines.Count(
        line => line.Contains(" Request starting ", StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal));

    /// <summary>
    /// What the proxy itself has to complain of. The server's own remarks do not count: to it a busy machine is worth a warning.
    /// </summary>
    public IEnumerable<string> Complaints => Log.Lines.Where(static line =>
        line.Split(' ', 3) is [var level, var id, _] && Enum.Parse<LogLevel>(level) >= LogLevel.Warning
        && int.Parse(id, CultureInfo.InvariantCulture) >= OwnEventsFirst);

    /// <summary>Waits until the log has a line with this text: lines are written after the answer they tell of.</summary>
    public Task LoggedAsync(string text) => Until.TrueAsync(
        () => Log.Lines.Any(line => line.Contains(text, StringComparison.Ordinal)), $"a line in the log with \"{text}\"");

    /// <summary>
    /// Waits until so many downloads have ended since the start, however they did: a blob is on disk a moment before, but only
    /// now nobody joins its download any more, its room is accounted for, and nothing of it is left among the partial ones.
    /// </summary>
    public Task FillsEndedAsync(int count) => Until.TrueAsync(
        async () => await MetricAsync("fastecr_fills_ended_total") >= count, $"{count} downloads have ended");

    /// <summary>
    /// The measurements of one name, added up, as they are now. One page tells of moments that are a little apart: what is known
    /// from it to have happened may not be in all of it yet, but is in the next one.
    /// </summary>
    /// <param name="name">As Prometheus spells it.</param>
    /// <param name="labels">What has to stand between the braces, such as <c>outcome="hit"</c>.</param>
    public async Task<double> MetricAsync(string name, params string[] labels)
    {
        using var client = new PullClient();
        var page = System.Text.Encoding.UTF8.GetString(await client.GetBytesAsync($"{AdminUrl}/metrics"));
        return page.Split('\n')
            .Where(line => line.StartsWith(name + "{", StringComparison.Ordinal) || line.StartsWith(name + " ", StringComparison.Ordinal))
            .Where(line => labels.All(label => line.Contains(label, StringComparison.Ordinal)))
            .Sum(static line => double.Parse(
                line[(line.LastIndexOf('}') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0],
                CultureInfo.InvariantCulture));
    }

    /// <summary>Waits until the measurements of one name add up to a value: they are made after the answer they tell of.</summary>
    public async Task MeasuredAsync(double value, string name, params string[] labels)
    {
        var last = double.NaN;
        await Until.TrueAsync(
            async () => (last = await MetricAsync(name, labels)) == value,
            () => $"{name} {string.Join(' ', labels)} is {last}, not {value}");
    }

    public async ValueTask DisposeAsync()
    {
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        await Ecr.DisposeAsync();
        Loggers.Dispose();
        Directory.Delete(CacheDirectory, recursive: true);
    }

    /// <summary>A proxy in front of a local Region, on ports of its own, with a cache in a directory.</summary>
    public static ProxySettings SettingsFor(LocalRegion region, string cacheDirectory)
    {
        EcrHost.TryParse(region.EcrHost, out var host);
        return new ProxySettings
        {
            Listen = new ListenOptions { Address = new IPEndPoint(IPAddress.Loopback, 0), ShutdownGrace = TimeSpan.FromSeconds(30) },
            AdminAddress = new IPEndPoint(IPAddress.Loopback, 0),
            Cache = new CacheOptions { Directory = cacheDirectory, SizeBytes = 4L << 30, FreeSpaceBytes = 16 << 20, Prefetch = 0 },
            Upstream = new UpstreamOptions
            {
                Host = host,
                Endpoint = region.Registry,
                AllowedRedirectHosts = [region.Layers.Authority],
                ConnectTimeout = Patience,
                FirstByteTimeout = Patience,
                IdleTimeout = Patience,
            },
            Ecr = new EcrOptions
            {
                Region = region.Name,
                ControlPlane = region.ControlPlane,
                Credentials = new BasicAWSCredentials(region.AccessKeyId, region.SecretAccessKey),
            },
            Log = new LogOptions(),
        };
    }
}
