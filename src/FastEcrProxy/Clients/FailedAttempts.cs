using System.Net;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Clients;

/// <summary>
/// Who has shown wrong credentials, by address: each further one is answered later, and after some of them none is looked at for
/// a while. Whoever is remembered to be right is not held up by others of the same address. The same credentials again are no
/// further attempt: a machine that goes on with yesterday's must not keep out all that share its address.
/// </summary>
/// <param name="most">Failures of an address within the window; 0: as many as anybody likes.</param>
/// <param name="window">How long they count, from the first on.</param>
/// <param name="time">The clock.</param>
internal sealed class FailedAttempts(int most, TimeSpan window, TimeProvider time)
{
    private const int AddressesMax = 20_000; // some 10 MB at most
    private const int PrintsMax = 32; // of one address

    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(2);

    private readonly Dictionary<AddressKey, Failures> _failures = [];
    private readonly Lock _gate = new();

    /// <summary>How long nothing that this address shows is looked at; null: it is.</summary>
    public TimeSpan? BlockedFor(IPAddress address)
    {
        lock (_gate)
        {
            var failures = _failures.GetValueOrDefault(AddressKey.Of(address));
            return most > 0 && failures?.Count >= most && Left(failures) is var left && left > TimeSpan.Zero ? left : null;
        }
    }

    /// <summary>Takes note of one more, and says how long its answer is to wait.</summary>
    /// <param name="address">Where it came from.</param>
    /// <param name="shown">What was shown.</param>
    public TimeSpan Failed(IPAddress address, KeyedPrint shown)
    {
        lock (_gate)
        {
            var key = AddressKey.Of(address);
            if (!_failures.TryGetValue(key, out var failures) || Left(failures) <= TimeSpan.Zero)
            {
                if (failures is null && _failures.Count >= AddressesMax)
                {
                    ForgetSome();
                }

                _failures[key] = failures = new Failures(time.GetTimestamp());
            }

            failures.Add((ulong)shown.Low);
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

    /// <summary>Of one address: how many different ones, and when the first was.</summary>
    private sealed class Failures(long began)
    {
        private readonly HashSet<ulong> _prints = [];

        public long Began => began;

        public int Count { get; private set; }

        public void Add(ulong print)
        {
            var isNew = _prints.Count >= PrintsMax || _prints.Add(print);
            Count += isNew ? 1 : 0;
        }
    }
}
