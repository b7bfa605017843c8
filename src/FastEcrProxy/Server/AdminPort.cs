using System.Net;
using FastEcrProxy.Admin;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>The port for health and metrics, a host of its own: it answers while the data port is draining.</summary>
internal static class AdminPort
{
    private const long ConnectionsMax = 256; // probes and a few who measure; who fills it keeps nobody from pulling

    public static WebApplication Build(IPEndPoint address, ILoggerFactory loggers)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        HostParts.Add(builder, loggers);
        AdminServices.Add(builder.Services);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = ConnectionsMax;
            kestrel.Limits.MaxRequestBodySize = 0; // it takes none
            kestrel.Listen(address);
        });
        return builder.Build();
    }
}
