using FastEcrProxy.Observability;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace FastEcrProxy.Admin;

/// <summary>What <c>/metrics</c> needs in the host: OpenTelemetry, and the meters that it collects.</summary>
internal static class AdminServices
{
    /// <summary>Kestrel, HttpClient and the runtime measure themselves: no instrumentation packages.</summary>
    private static readonly string[] MeterNames =
        [ProxyMetrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime"];

    public static IServiceCollection Add(IServiceCollection services)
    {
        services.AddMetrics();
        services.AddOpenTelemetry().WithMetrics(metrics => metrics.AddMeter(MeterNames).AddPrometheusExporter());
        return services;
    }
}
