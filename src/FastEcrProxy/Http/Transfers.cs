using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>The layers that are sent and received: how many at the same time, and how fast.</summary>
internal sealed class Transfers
{
    private const int BurstPart = 10; // what may come at once: a tenth of a second's worth
    private const long BurstBytesLeast = 64 << 10;

    private readonly LimitOptions _options;
    private readonly LimitReports _reports;
    private readonly TimeProvider _time;
    private readonly Places<ClientKey>? _places; // null where nothing is limited
    private readonly RateTable<ClientKey>? _rates;
    private readonly RateTable<AddressKey>? _totalRate; // one bucket

    public Transfers(LimitOptions options, LimitReports reports, TimeProvider time)
    {
        (_options, _reports, _time) = (options, reports, time);
        _rates = Rates<ClientKey>(options.BandwidthPerClient, time);
        _totalRate = Rates<AddressKey>(options.Bandwidth, time);
        _places = options is { Transfers: 0, TransfersPerClient: 0, Bandwidth: 0, BandwidthPerClient: 0 }
            ? null
            : new Places<ClientKey>(options.Transfers, options.TransfersPerClient);
    }

    private bool IsPaced => _rates is not null || _totalRate is not null;

    /// <summary>
    /// Begins one, when there is a place for it. Exactly one of the two: dispose the transfer when the bytes have moved, or answer
    /// with the error.
    /// </summary>
    public async ValueTask<(Transfer? Transfer, OciError? Error)> BeginAsync(HttpContext http, RequestRecord record)
    {
        if (_places is null)
        {
            return (Transfer.Free, null);
        }

        var client = ClientKey.Of(http, record);
        switch (await _places.TakeAsync(client, _options.Wait, _time, http.RequestAborted))
        {
            case PlaceAnswer.TheirsTaken:
                _reports.Over(Limit.ClientTransfers, "Limits.TransfersPerClient", http, record);
                return (null, OciError.TooManyRequests(
                    "This client has as many layers on their way as it may: ask again when some have come.", LimitErrors.PlaceRetry));
            case PlaceAnswer.AllTaken:
                _reports.Over(Limit.Transfers, "Limits.Transfers", http, record);
                return (null, LimitErrors.Busy("As many layers are on their way as may be: ask again in a moment."));
            default:
                return (new Transfer(() => _places.Release(client), IsPaced ? new Pace(this, client) : null), null);
        }
    }

    private static RateTable<TKey>? Rates<TKey>(long perSecond, TimeProvider time)
        where TKey : struct =>
        perSecond == 0
            ? null
            : new RateTable<TKey>(perSecond, Math.Max(BurstBytesLeast, perSecond / BurstPart), RateTable<TKey>.UsualMost, time);

    /// <summary>The speed of one transfer, which shares with its client's others and with everybody's.</summary>
    /// <remarks>
    /// Whoever takes a turn waits behind those who took one before, so all get turns of the same size one after the other. A turn is
    /// as long as leaves everybody about ten in a second, so no more timers run than that; a pause that is too short for a timer is
    /// left out, and made up for in the next.
    /// </remarks>
    internal sealed class Pace(Transfers transfers, ClientKey client)
    {
        private const int TurnsPerSecond = 10;
        private const long TurnBytesLeast = 16 << 10;
        private const long TurnBytesMost = 4 << 20;

        private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(5);

        /// <summary>How many of the bytes may move now; waits until it is their turn.</summary>
        public async ValueTask<long> TakeTurnAsync(long wanted, CancellationToken cancel)
        {
            var turn = Math.Min(wanted, TurnBytes());
            await SpendAsync(turn, cancel);
            return turn;
        }

        /// <summary>Waits until bytes that have come may go on.</summary>
        public async ValueTask SpendAsync(long bytes, CancellationToken cancel)
        {
            if (transfers._rates is { } own)
            {
                await PauseAsync(own, client, bytes, cancel);
            }

            if (transfers._totalRate is { } total) // after the wait: what waits for its own turn holds up nobody else's
            {
                await PauseAsync(total, default, bytes, cancel);
            }
        }

        private long TurnBytes()
        {
            var options = transfers._options;
            var own = options.BandwidthPerClient == 0
                ? long.MaxValue
                : options.BandwidthPerClient / Math.Max(1, transfers._places!.TakenBy(client));
            var share = options.Bandwidth == 0 ? long.MaxValue : options.Bandwidth / Math.Max(1, transfers._places!.Taken);
            return Math.Clamp(Math.Min(own, share) / TurnsPerSecond, TurnBytesLeast, TurnBytesMost);
        }

        private async ValueTask PauseAsync<TKey>(RateTable<TKey> rates, TKey key, long bytes, CancellationToken cancel)
            where TKey : struct
        {
            var pause = rates.Reserve(key, bytes);
            if (pause < ShortestPause)
            {
                return;
            }

            try
            {
                await Task.Delay(pause, transfers._time, cancel);
            }
            catch (OperationCanceledException)
            {
                rates.GiveBack(key, bytes);
                throw;
            }
        }
    }
}
