using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>How many requests a second one address may send, and one user.</summary>
internal sealed class RequestRates(LimitOptions options, LimitReports reports, TimeProvider time)
{
    private readonly RateTable<AddressKey>? _addresses = Table<AddressKey>(options.RequestsPerAddress, options.RequestBurst, time);
    private readonly RateTable<ClientKey>? _users = Table<ClientKey>(options.RequestsPerUser, options.RequestBurst, time);

    /// <summary>Counts a request to its address. Before anything else is done for it: a password that is wrong counts too.</summary>
    public OciError? CheckAddress(HttpContext http, RequestRecord record) =>
        _addresses is not null && _addresses.TryTake(AddressKey.Of(http.Connection.RemoteIpAddress)) is { Ticks: > 0 } wait
            ? Refuse(Limit.AddressRequests, "Limits.RequestsPerAddress", "This address", wait, http, record)
            : null;

    /// <summary>Counts a request to its user, as soon as that one is known.</summary>
    public OciError? CheckUser(HttpContext http, RequestRecord record) =>
        _users is not null && ClientKey.OfUser(record) is { } user && _users.TryTake(user) is { Ticks: > 0 } wait
            ? Refuse(Limit.UserRequests, "Limits.RequestsPerUser", "This user", wait, http, record)
            : null;

    private static RateTable<TKey>? Table<TKey>(int perSecond, int burst, TimeProvider time)
        where TKey : struct =>
        perSecond == 0 ? null : new RateTable<TKey>(perSecond, burst, RateTable<TKey>.UsualMost, time);

    private OciError Refuse(Limit limit, string key, string who, TimeSpan wait, HttpContext http, RequestRecord record)
    {
        reports.Over(limit, key, http, record);
        return OciError.TooManyRequests($"{who} sends more requests than it may: ask again later.", wait);
    }
}
