using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>What happens between several registries: another is asked, one is down, one is back. Each a measurement and one line.</summary>
internal sealed partial class UpstreamEvents(ProxyMetrics metrics, ILogger<UpstreamEvents> logger)
{
    public void AnotherIsAsked(Registry registry, Registry next, string what, FetchFailure why)
    {
        metrics.AnotherRegistryAsked(lags: why.Error is FetchError.NotFound);
        Log.AnotherIsAsked(logger, next.Name, registry.Name, what, why.Error, why.Reason);
    }

    public void CircuitChanged(string registry, RegistryHealth.Change change)
    {
        if (change.IsOpen)
        {
            metrics.RegistryWentDown();
            Log.Down(logger, registry, change.Reason ?? "no reason known");
        }
        else
        {
            Log.Back(logger, registry, (long)change.DownFor.TotalSeconds);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5010, LogLevel.Information, "{Next} is asked instead of {Registry} for {What} ({Error}): {Reason}")]
        public static partial void AnotherIsAsked(
            ILogger logger, string next, string registry, string what, FetchError error, string reason);

        [LoggerMessage(5011, LogLevel.Warning, "The registry {Registry} is down: {Reason}")]
        public static partial void Down(ILogger logger, string registry, string reason);

        [LoggerMessage(5012, LogLevel.Information, "The registry {Registry} answers again, after {Seconds} s")]
        public static partial void Back(ILogger logger, string registry, long seconds);
    }
}
