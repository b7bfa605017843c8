using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>One registry of a rule: how to ask it, and how it has been doing.</summary>
/// <param name="name">As the configuration calls it.</param>
/// <param name="client">Asks it.</param>
/// <param name="health">Told of every answer and every failure.</param>
/// <param name="time">Measures how soon it answers.</param>
internal sealed class Registry(string name, RegistryClient client, RegistryHealth health, TimeProvider time)
{
    private bool _isProbed;

    public string Name => name;

    public RegistryClient Client => client;

    public RegistryHealth Health => health;

    /// <summary>Asks, and takes note of how that went. A refusal is an answer: the registry is there.</summary>
    public async ValueTask<Fetched<T>> AskAsync<T>(Func<RegistryClient, ValueTask<Fetched<T>>> ask)
        where T : class
    {
        var fetched = await ask(client);
        if (fetched.Failure is { Error: FetchError.Unreachable } failure)
        {
            health.Failed(failure.Reason);
        }
        else
        {
            health.Answered();
        }

        return fetched;
    }

    /// <summary>
    /// Asks whether it is there, for no client's sake, and how soon it says so: the same small question to each, so that their
    /// answers can be compared. One at a time.
    /// </summary>
    public async Task ProbeAsync(CancellationToken cancel)
    {
        if (Interlocked.Exchange(ref _isProbed, true))
        {
            return;
        }

        try
        {
            var began = time.GetTimestamp();
            if (await client.PingAsync(cancel) is { Error: FetchError.Unreachable } failure)
            {
                health.Failed(failure.Reason);
            }
            else
            {
                health.Probed(time.GetElapsedTime(began));
            }
        }
        finally
        {
            Volatile.Write(ref _isProbed, false);
        }
    }

    public override string ToString() => name;
}
