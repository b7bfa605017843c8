using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Asks registries that are down whether they are back, and those whose speed decides how fast they are: no client's request
/// has to find out.
/// </summary>
internal sealed partial class RegistryProbes(RegistryPool pool, TimeProvider time, ILogger<RegistryProbes> logger)
{
    /// <summary>How often the speed of registries is measured where it decides: routes change within minutes, not seconds.</summary>
    public static readonly TimeSpan MeasuredEvery = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5); // half of the shortest pause between probes

    /// <summary>Probes until shutdown. One that hangs holds up no other, and shutdown ends it.</summary>
    public async Task RunAsync(CancellationToken shutdown)
    {
        List<Task> running = [];
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(shutdown))
            {
                running.RemoveAll(static probe => probe.IsCompleted);
                running.AddRange(Begin(shutdown));
            }
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
            // the normal end
        }

        await Task.WhenAll(running);
    }

    /// <summary>One turn of the loop: begins the probes that are due.</summary>
    internal IReadOnlyList<Task> Begin(CancellationToken cancel)
    {
        List<Task> begun = [];
        foreach (var registries in pool.Groups.Where(static group => group.All.Count > 1)) // one alone is asked all the same
        {
            var every = registries.AreMeasured ? MeasuredEvery : Timeout.InfiniteTimeSpan;
            begun.AddRange(registries.All
                .Where(registry => registry.Health.TakeProbe(every))
                .Select(registry => ProbeAsync(registry, cancel)));
        }

        return begun;
    }

    private async Task ProbeAsync(Registry registry, CancellationToken cancel)
    {
        try
        {
            await registry.ProbeAsync(cancel);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            // the proxy is stopping
        }
        catch (Exception bug) // the others have to be probed all the same
        {
            Log.Failed(logger, bug, registry.Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(5013, LogLevel.Error, "The probe of the registry {Registry} broke; please report it")]
        public static partial void Failed(ILogger logger, Exception bug, string registry);
    }
}
