using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>What both ports' hosts have in common: Kestrel, the process's one log, and no say over the process's life.</summary>
internal static class HostParts
{
    public static void Add(WebApplicationBuilder builder, ILoggerFactory loggers)
    {
        builder.WebHost.UseKestrelCore();
        builder.Services.AddSingleton(loggers);
        builder.Services.AddSingleton<IHostLifetime, OwnedLifetime>();

        // The caller's token says when it has been long enough.
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
    }

    /// <summary>Leaves signals to <see cref="ProxyHost"/>: two hosts that both listen for SIGTERM would stop in any order.</summary>
    private sealed class OwnedLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancel) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancel) => Task.CompletedTask;
    }
}
