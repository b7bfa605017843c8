namespace FastEcrProxy.Upstream;

/// <summary>
/// Asks registries that are down whether they are back, and those whose speed decides how fast they are: no client's request
/// has to find out.
/// </summary>
internal sealed class RegistryProbes(RegistryPool pool, TimeProvider time)
{
    /// <summary>How often the speed of registries is measured where it decides: routes change within minutes, not seconds.</summary>
    public static readonly TimeSpan MeasuredEvery = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(0.5); // half of the shortest pause between probes

    /// <summary>Probes until shutdown.</summary>
    public async Task RunAsync(CancellationToken shutdown)
    {
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(shutdown))
            {
                await ProbeWhatIsDueAsync(shutdown);
            }
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
            // the normal end
        }
    }

    /// <summary>One turn: all that are due at the same time, since one that hangs must not hold up the others.</summary>
    internal Task ProbeWhatIsDueAsync(CancellationToken cancel)
    {
        List<Task>? probes = null;
        foreach (var registries in pool.Groups)
        {
            var every = registries.AreMeasured ? MeasuredEvery : Timeout.InfiniteTimeSpan;
            foreach (var registry in registries.All)
            {
                if (registries.All.Count > 1 && registry.Health.TakeProbe(every))
                {
                    (probes ??= []).Add(registry.ProbeAsync(cancel).AsTask());
                }
            }
        }

        return probes is null ? Task.CompletedTask : Task.WhenAll(probes);
    }
}
