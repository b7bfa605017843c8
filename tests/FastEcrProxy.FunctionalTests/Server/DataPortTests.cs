using System.Diagnostics.Metrics;
using System.Net;
using FastEcrProxy.Server;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace FastEcrProxy.FunctionalTests.Server;

public sealed class DataPortTests
{
    [Fact]
    public async Task ClientThatStandsStill_IsGivenTheStallTimeoutByTheServersOwnOutputToo()
    {
        await using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var options = new FastEcrProxy.Server.ListenOptions
        {
            Address = new IPEndPoint(IPAddress.Loopback, 0),
            StallTimeout = TimeSpan.FromMinutes(3),
        };

        var meters = services.GetRequiredService<IMeterFactory>();

        await using var port = DataPort.Build(
            options, NullLoggerFactory.Instance, meters, new ConnectionParts(), static _ => Task.CompletedTask);

        var limits = port.Services.GetRequiredService<IOptions<KestrelServerOptions>>().Value.Limits;
        Assert.Equal(TimeSpan.FromMinutes(3), limits.MinResponseDataRate?.GracePeriod);
    }
}
