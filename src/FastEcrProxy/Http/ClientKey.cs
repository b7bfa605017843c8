using FastEcrProxy.Clients;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Http;

/// <summary>Whose share something is taken from: the user's where one is known, wherever they are; else the address's.</summary>
internal readonly record struct ClientKey
{
    private readonly ClientWay _way; // names are unique within their way only
    private readonly string? _user;
    private readonly AddressKey _address;

    private ClientKey(Caller user) => (_way, _user) = (user.Way, user.Name);

    private ClientKey(AddressKey address) => _address = address;

    /// <summary>Whose request it is.</summary>
    public static ClientKey Of(HttpContext http, RequestRecord record) =>
        OfUser(record) ?? new ClientKey(AddressKey.Of(http.Connection.RemoteIpAddress));

    /// <summary>Null where nobody has said who they are.</summary>
    public static ClientKey? OfUser(RequestRecord record) =>
        record.Caller is { } caller && caller != Caller.Anonymous ? new ClientKey(caller) : null;
}
