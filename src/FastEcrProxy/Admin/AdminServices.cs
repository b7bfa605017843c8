using System.Diagnostics.Metrics;
using FastEcrProxy.Observability;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.Metrics;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;

namespace FastEcrProxy.Admin;

/// <summary>What <c>/metrics</c> needs in the host: OpenTelemetry, and the meters that it collects.</summary>
internal static class AdminServices
{
    private const string ServiceName = "fast-ecr-proxy";

    // Kestrel, HttpClient and the runtime measure themselves: no instrumentation packages.
    private static readonly string[] MetersOfTheHost = [ProxyMetrics.MeterName, "Microsoft.AspNetCore.Server.Kestrel"];
    private static readonly string[] MetersOfTheProcess = ["System.Net.Http", "System.Runtime"];

    // These two carry the peer's address as well. S3 has thousands: each would stay as a series until the process ends.
    private static readonly string[] ByPeerAddress = ["http.client.open_connections", "http.client.connection.duration"];

    private static readonly string[] ConnectionTags =
        ["http.connection.state", "network.protocol.version", "server.address", "server.port", "url.scheme"];

    // OpenTelemetry makes room for 2000 series of every instrument when it is made. Most have one, some a few dozens.
    private const int SeriesMax = 100;

    // What statuses, peers or names of the configuration tell apart may have more than that.
    private static readonly string[] WithManySeries = ["fastecr.requests", "fastecr.upstream.down", "http.client."];

    public static IServiceCollection Add(IServiceCollection services)
    {
        services.AddMetrics(EnableMetersOfTheHost);
        services.AddOpenTelemetry()
            .ConfigureResource(resource => resource.AddService(
                ServiceName,
                serviceVersion: typeof(AdminServices).Assembly.GetName().Version?.ToString(3),
                autoGenerateServiceInstanceId: false)) // Prometheus names instances itself
            .WithMetrics(Collect);
        return services;
    }

    // AddMeter would go by name alone and mix in every other proxy of the process, as there are in tests.
    private static void EnableMetersOfTheHost(IMetricsBuilder metrics)
    {
        foreach (var meter in MetersOfTheHost)
        {
            metrics.EnableMetrics(meter, instrumentName: null, listenerName: null, MeterScope.Local);
        }
    }

    private static void Collect(MeterProviderBuilder metrics)
    {
        metrics.AddMeter(MetersOfTheProcess);
        metrics.AddView(ViewOf);

        // A page that was kept for the next who asks would tell them what was, not what is.
        metrics.AddPrometheusExporter(static options => options.ScrapeResponseCacheDurationMilliseconds = 0);
    }

    private static MetricStreamConfiguration? ViewOf(Instrument instrument)
    {
        if (ByPeerAddress.Contains(instrument.Name))
        {
            return new MetricStreamConfiguration { TagKeys = ConnectionTags };
        }

        return Array.Exists(WithManySeries, name => instrument.Name.StartsWith(name, StringComparison.Ordinal))
            ? null
            : new MetricStreamConfiguration { CardinalityLimit = SeriesMax };
    }
}
