using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>One registry of a rule: how to ask it, and how it has been doing.</summary>
/// <param name="name">As the configuration calls it.</param>
/// <param name="client">Asks it.</param>
/// <param name="health">Told of every answer and every failure.</param>
/// <param name="time">Measures how soon it answers.</param>
internal sealed class Registry(string name, RegistryClient client, RegistryHealth health, TimeProvider time)
{
    public string Name => name;

    public RegistryClient Client => client;

    public RegistryHealth Health => health;

    /// <summary>Asks, and takes note of how that went. A refusal is an answer: the registry is there.</summary>
    public async ValueTask<Fetched<T>> AskAsync<T>(Func<RegistryClient, ValueTask<Fetched<T>>> ask)
        where T : class
    {
        var began = time.GetTimestamp();
        var fetched = await ask(client);
        Note(fetched.Failure, time.GetElapsedTime(began));
        return fetched;
    }

    /// <summary>Asks whether it is there, for no client's sake. Null: it is.</summary>
    public async ValueTask<FetchFailure?> ProbeAsync(CancellationToken cancel)
    {
        var began = time.GetTimestamp();
        var failure = await client.PingAsync(cancel);
        if (failure is not { Error: FetchError.Unreachable })
        {
            health.Probed(time.GetElapsedTime(began));
        }
        else
        {
            health.Failed(failure.Reason);
        }

        return failure;
    }

    public override string ToString() => name;

    private void Note(FetchFailure? failure, TimeSpan latency)
    {
        if (failure is { Error: FetchError.Unreachable })
        {
            health.Failed(failure.Reason);
        }
        else
        {
            health.Answered(latency);
        }
    }
}
