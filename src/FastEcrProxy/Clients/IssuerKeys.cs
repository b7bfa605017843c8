using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Clients;

/// <summary>
/// Keeps the keys of one issuer. Requests find them in memory; an issuer that is down costs nothing but that its newest keys are
/// not known, since those that are known stay in use.
/// </summary>
/// <param name="issuer">What the log calls it.</param>
/// <param name="load">Gets the keys. Throws for nothing but its token.</param>
/// <param name="times">How long they are good for.</param>
/// <param name="time">The clock of it.</param>
/// <param name="logger">New keys, and an issuer that has none to give.</param>
internal sealed partial class IssuerKeys(
    string issuer, Func<CancellationToken, Task<Fetched<SigningKeys>>> load, KeyTimes times, TimeProvider time, ILogger logger)
    : IDisposable
{
    private readonly Lock _gate = new();
    private readonly SingleFlight<string, Fetched<SigningKeys>> _loading = new();
    private SigningKeys? _keys;
    private FetchFailure? _failure; // of the last try
    private long _loadedAt;
    private long? _triedAt;

    /// <summary>The keys, with the one of that name if the issuer has it; or why there are none at all.</summary>
    public async ValueTask<Fetched<SigningKeys>> GetAsync(string keyId, CancellationToken cancel)
    {
        var (known, age, isDown, mayTry) = Look();
        if (known is not null && known.Contains(keyId) && (age < times.Stale || isDown))
        {
            if (age >= times.Refresh && mayTry)
            {
                _ = LoadAsync(CancellationToken.None);
            }

            return known;
        }

        return mayTry || _loading.Count > 0 ? await LoadAsync(cancel) : Outcome();
    }

    public void Dispose() => _loading.Dispose();

    private (SigningKeys? Known, TimeSpan Age, bool IsDown, bool MayTry) Look()
    {
        lock (_gate)
        {
            var mayTry = _triedAt is not { } tried || time.GetElapsedTime(tried) >= times.Again;
            return (_keys, time.GetElapsedTime(_loadedAt), _failure is not null, mayTry);
        }
    }

    private Task<Fetched<SigningKeys>> LoadAsync(CancellationToken cancel) => _loading.RunAsync(issuer, RunAsync, cancel);

    private async Task<Fetched<SigningKeys>> RunAsync(CancellationToken stop)
    {
        if (!Look().MayTry)
        {
            return Outcome(); // another run ended since the asker looked
        }

        var loaded = await load(stop);
        lock (_gate)
        {
            _triedAt = time.GetTimestamp();
            if (loaded.Value is { } keys)
            {
                Note(keys);
                (_keys, _loadedAt, _failure) = (keys, time.GetTimestamp(), null);
            }
            else
            {
                Note(loaded.Failure!);
                _failure = loaded.Failure;
            }
        }

        return Outcome();
    }

    private Fetched<SigningKeys> Outcome()
    {
        lock (_gate)
        {
            return _keys is null ? _failure! : _keys;
        }
    }

    private void Note(SigningKeys keys)
    {
        if (!keys.IsSameAs(_keys))
        {
            Log.KeysTakenUp(logger, issuer, keys.Count);
        }
        else if (_failure is not null)
        {
            Log.IssuerIsBack(logger, issuer);
        }
    }

    /// <summary>Once for each reason: an outage of an hour is not six hundred lines.</summary>
    private void Note(FetchFailure failure)
    {
        if (failure.Reason != _failure?.Reason)
        {
            Log.NoKeys(logger, issuer, failure.Reason, _keys is null ? "none of its tokens can be checked" : "those at hand stay in use");
        }
    }

    private static partial class Log
    {
        [LoggerMessage(8020, LogLevel.Information, "The issuer {Issuer} signs with {Count} keys from now on")]
        public static partial void KeysTakenUp(ILogger logger, string issuer, int count);

        [LoggerMessage(8021, LogLevel.Information, "The issuer {Issuer} gives its keys again, the same as before")]
        public static partial void IssuerIsBack(ILogger logger, string issuer);

        [LoggerMessage(8022, LogLevel.Warning, "No keys of the issuer {Issuer} ({What}): {Reason}")]
        public static partial void NoKeys(ILogger logger, string issuer, string reason, string what);
    }
}
