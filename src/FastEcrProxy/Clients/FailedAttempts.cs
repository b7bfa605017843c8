using System.Net;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Clients;

/// <summary>
/// Who has shown wrong credentials, by address: each further one is answered later, and after some of them none is looked at for
/// a while. Whoever is remembered to be right is not held up by others of the same address.
/// </summary>
/// <param name="most">Failures of an address within the window; 0: as many as anybody likes.</param>
/// <param name="window">How long they count, from the first on.</param>
/// <param name="time">The clock.</param>
internal sealed class FailedAttempts(int most, TimeSpan window, TimeProvider time)
{
    private const int AddressesMax = 20_000; // some 2 MB

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly Dictionary<AddressKey, Failures> _failures = [];
    private readonly Lock _gate = new();

    /// <summary>How long nothing that this address shows is looked at; null: it is.</summary>
    public TimeSpan? BlockedFor(IPAddress address)
    {
        lock (_gate)
        {
            var isBlocked = _failures.TryGetValue(AddressKey.Of(address), out var failures) && most > 0 && failures.Count >= most;
            return isBlocked && Left(failures) is var left && left > TimeSpan.Zero ? left : null;
        }
    }

    /// <summary>Takes note of one more, and says how long its answer is to wait.</summary>
    public TimeSpan Failed(IPAddress address)
    {
        lock (_gate)
        {
            var key = AddressKey.Of(address);
            var failures = _failures.GetValueOrDefault(key);
            failures = failures.Count == 0 || Left(failures) <= TimeSpan.Zero ? new Failures(0, time.GetTimestamp()) : failures;
            failures = failures with { Count = failures.Count + 1 };
            if (_failures.Count >= AddressesMax && !_failures.ContainsKey(key))
            {
                ForgetSome();
            }

            _failures[key] = failures;
            var delay = FirstDelay * (1 << Math.Min(failures.Count - 1, 5));
            return delay < LongestDelay ? delay : LongestDelay;
        }
    }

    private TimeSpan Left(Failures failures) => window - time.GetElapsedTime(failures.Began);

    /// <summary>Those whose time is over; if these are not enough, the ones that have failed least: they lose nothing by it.</summary>
    private void ForgetSome()
    {
        foreach (var (address, failures) in _failures)
        {
            if (Left(failures) <= TimeSpan.Zero)
            {
                _failures.Remove(address);
            }
        }

        if (_failures.Count >= AddressesMax)
        {
            foreach (var (address, _) in _failures.OrderBy(static pair => pair.Value.Count).Take(AddressesMax / 10).ToList())
            {
                _failures.Remove(address);
            }
        }
    }

    /// <summary>Of one address: how many, and when the first was.</summary>
    private readonly record struct Failures(int Count, long Began);
}
