using System.Diagnostics.Metrics;
using System.Net;
using FastEcrProxy.Admin;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>The proxy as a whole: both ports and all that is behind them, from open to drained.</summary>
/// <remarks>
/// Open ──► Draining ──► Closed. While draining, no connection is accepted on the data port, running transfers go on, and
/// the admin port still answers, so that a load balancer sees why.
/// </remarks>
internal sealed partial class ProxyServer : IAsyncDisposable
{
    private readonly ProxySettings _settings;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly WebApplication _admin;
    private readonly WebApplication _data;
    private readonly PullPath _pulls;
    private readonly ConnectionParts _connections;
    private readonly Readiness _readiness;

    private ProxyServer(ProxySettings settings, TimeProvider time, ILoggerFactory loggers)
    {
        (_settings, _time, _logger) = (settings, time, loggers.CreateLogger<ProxyServer>());
        _admin = AdminPort.Build(settings.AdminAddress, loggers);
        var meters = _admin.Services.GetRequiredService<IMeterFactory>();
        var metrics = new ProxyMetrics(meters);
        var disk = new Disk(time);
        _pulls = OpenPulls(disk, metrics, loggers);
        _connections = ConnectionParts.Of(settings.Listen, disk, time, metrics, loggers);
        _data = DataPort.Build(settings.Listen, loggers, meters, _connections, _pulls.Pipeline.InvokeAsync);
        _readiness = new Readiness(
            LookAtToken,
            () => CacheDirectoryCheck.Look(settings.Cache.Directory, _pulls.Cache.Trouble),
            () => _pulls.Cache.HasContent);
        new AdminEndpoints(_readiness, _pulls.Clients.ForAdmin(settings.AdminAllowsAnybody)).MapTo(_admin);
    }

    /// <summary>Where clients reach it: the port that the system chose where the settings say 0.</summary>
    public IPEndPoint DataAddress => AddressOf(_data, _settings.Listen.Address, number: 0);

    /// <summary>The port without TLS beside one with it; null: there is none.</summary>
    public IPEndPoint? PlainAddress => _settings.Listen.PlainAddress is { } plain ? AddressOf(_data, plain, number: 1) : null;

    public IPEndPoint AdminAddress => AddressOf(_admin, _settings.AdminAddress, number: 0);

    /// <summary>Opens both ports; AWS is asked afterwards.</summary>
    /// <exception cref="StartException">A port or the cache directory cannot be used; the message says which, and what to do.</exception>
    public static async Task<ProxyServer> StartAsync(
        ProxySettings settings, TimeProvider time, ILoggerFactory loggers, CancellationToken cancel)
    {
        var proxy = Build(settings, time, loggers);
        try
        {
            await OpenAsync(proxy._admin, cancel, ("Admin.Address", settings.AdminAddress));
            await OpenAsync(
                proxy._data, cancel, ("Listen.PlainAddress", settings.Listen.PlainAddress), ("Listen.Address", settings.Listen.Address));
            SocketThreads.LetOthersFinish();
            proxy._connections.Start();
            proxy._pulls.Start();
        }
        catch
        {
            await proxy.DisposeAsync();
            throw;
        }

        proxy.TellStart();
        return proxy;
    }

    /// <summary>Says no more to new work, and lets running transfers end within the grace time.</summary>
    /// <param name="hurry">Ends the grace time at once.</param>
    public async Task DrainAsync(CancellationToken hurry)
    {
        _readiness.StartDraining();
        _pulls.Drain();
        Log.Draining(_logger, Duration.Format(_settings.Listen.ShutdownGrace));
        using var grace = new CancellationTokenSource(_settings.Listen.ShutdownGrace, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(grace.Token, hurry);
        await _data.StopAsync(either.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _data.DisposeAsync(); // first, so that nobody asks a cache that is closed
        await _connections.DisposeAsync();
        await _pulls.DisposeAsync();
        await _admin.DisposeAsync();
    }

    private static ProxyServer Build(ProxySettings settings, TimeProvider time, ILoggerFactory loggers)
    {
        try
        {
            return new ProxyServer(settings, time, loggers);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new StartException($"Cache.Directory = \"{settings.Cache.Directory}\": {failure.Message}", failure);
        }
    }

    /// <summary>Where the cache cannot be opened nobody gets this object, so nobody else could dispose what it has.</summary>
    private PullPath OpenPulls(Disk disk, ProxyMetrics metrics, ILoggerFactory loggers)
    {
        try
        {
            return new PullPath(_settings, disk, _time, metrics, loggers);
        }
        catch
        {
            ((IDisposable)_admin).Dispose();
            throw;
        }
    }

    private void TellStart()
    {
        if (PlainAddress is { } plain)
        {
            Log.StartedWithPlain(_logger, DataAddress, plain, AdminAddress);
        }
        else
        {
            Log.Started(_logger, DataAddress, AdminAddress);
        }

        Log.LetIn(_logger, ClientLines.Short(_settings.Clients));
    }

    /// <param name="host">Opens all of its ports.</param>
    /// <param name="cancel">Gives up.</param>
    /// <param name="ports">Which are those of which settings; the last one counts where the failure does not name one.</param>
    private static async Task OpenAsync(WebApplication host, CancellationToken cancel, params (string Key, IPEndPoint? Address)[] ports)
    {
        try
        {
            await host.StartAsync(cancel);
        }
        catch (IOException failure)
        {
            var reason = failure.InnerException?.Message ?? failure.Message;
            var (key, address) = ports.FirstOrDefault(
                port => port.Address is { } own && failure.Message.Contains($"//{own}:", StringComparison.Ordinal), ports[^1]);
            throw new StartException($"{key} = \"{address}\": the port cannot be opened: {reason}", failure);
        }
    }

    private static IPEndPoint AddressOf(WebApplication port, IPEndPoint configured, int number)
    {
        var addresses = port.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>();
        return addresses?.Addresses.ElementAtOrDefault(number) is { } url
            ? new IPEndPoint(configured.Address, BindingAddress.Parse(url).Port)
            : configured;
    }

    /// <summary>
    /// Of several tokens the one that is good longest counts, since any one of them is enough to serve with; that another ends
    /// sooner is for the metric <c>fastecr_token_time_left_seconds</c> to tell, which takes the one that ends first.
    /// </summary>
    private ReadinessCheck LookAtToken()
    {
        var tokens = _pulls.Tokens;
        if (tokens.Count == 0)
        {
            return ReadinessCheck.TokenNotNeeded();
        }

        // One Region that can be asked is enough: rules have others stand in, and what nobody can be asked about comes from disk.
        return tokens.Max(static token => token.ExpiresAt) is { } until
            ? ReadinessCheck.TokenUsable(until)
            : ReadinessCheck.TokenMissing(
                tokens.Select(static token => token.LastFailure?.Reason).FirstOrDefault(static reason => reason is not null)
                ?? "AWS has not answered yet");
    }

    private static partial class Log
    {
        [LoggerMessage(1000, LogLevel.Information, "Serving pulls on {Data}, health and metrics on {Admin}")]
        public static partial void Started(ILogger logger, IPEndPoint data, IPEndPoint admin);

        [LoggerMessage(
            1025, LogLevel.Information, "Serving pulls on {Data} and, without TLS, on {Plain}, health and metrics on {Admin}")]
        public static partial void StartedWithPlain(ILogger logger, IPEndPoint data, IPEndPoint plain, IPEndPoint admin);

        [LoggerMessage(1026, LogLevel.Information, "Clients: {Clients}")]
        public static partial void LetIn(ILogger logger, string clients);

        [LoggerMessage(1001, LogLevel.Information, "Stopping: no new connections; running transfers get {Grace}")]
        public static partial void Draining(ILogger logger, string grace);
    }
}
