using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>
/// How many downloads from upstream clients may cause at the same time. Who joins one that runs, or finds what was stored, causes
/// none; what is fetched ahead has places of its own (<see cref="Prefetch"/>).
/// </summary>
internal sealed class FillPlaces(LimitOptions options, LimitReports reports, TimeProvider time)
{
    private readonly Places<ClientKey>? _places =
        options is { Fills: 0, FillsPerClient: 0 } ? null : new Places<ClientKey>(options.Fills, options.FillsPerClient);

    /// <summary>How a request comes to a place, should it need one; null where nobody counts.</summary>
    public TakeFillPlace? For(HttpContext http, RequestRecord record) =>
        _places is null ? null : cancel => TakeAsync(_places, http, record, cancel);

    private async ValueTask<Fetched<FillPlace>> TakeAsync(
        Places<ClientKey> places, HttpContext http, RequestRecord record, CancellationToken cancel)
    {
        var client = ClientKey.Of(http, record);
        switch (await places.TakeAsync(client, options.Wait, time, cancel))
        {
            case PlaceAnswer.TheirsTaken:
                reports.Over(Limit.ClientFills, "Limits.FillsPerClient", http, record);
                return new FetchFailure(
                    FetchError.Throttled,
                    "This client has as many layers fetched from the registry as it may: ask again when some have come.")
                {
                    RetryAfter = LimitErrors.PlaceRetry,
                };
            case PlaceAnswer.AllTaken:
                reports.Over(Limit.Fills, "Limits.Fills", http, record);
                return new FetchFailure(
                    FetchError.Busy, "As many layers are fetched from the registry as may be: ask again in a moment.")
                {
                    RetryAfter = LimitErrors.PlaceRetry,
                };
            default:
                return new FillPlace(() => places.Release(client));
        }
    }
}
