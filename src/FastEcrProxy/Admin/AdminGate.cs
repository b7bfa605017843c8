using System.Net;
using FastEcrProxy.Clients;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Admin;

/// <summary>
/// Who may see what the admin port tells: this machine, callers who may <see cref="ClientAction.Admin"/>, and everybody only where
/// the operator says so. That it is alive and whether it is ready is told to all: probes show nothing.
/// </summary>
/// <param name="clients">Finds out who calls.</param>
/// <param name="rules">Whether they may. Without any, whoever is known may; never who is known by ECR's word alone, which knows
/// everybody who has an AWS account.</param>
/// <param name="allowsAnybody">Whether everybody may.</param>
internal sealed class AdminGate(ClientAuthenticator clients, AccessRules rules, bool allowsAnybody)
{
    private const int Forbidden = StatusCodes.Status403Forbidden;

    /// <summary>Whether somebody may see all, whoever they are.</summary>
    public bool AllowsUnasked(HttpContext http) => allowsAnybody || IPAddress.IsLoopback(AddressOf(http));

    /// <summary>Null for who may see all; else the status to answer, and why.</summary>
    public async ValueTask<(int Status, string Why)?> RefuseAsync(HttpContext http)
    {
        if (AllowsUnasked(http))
        {
            return null;
        }

        var address = AddressOf(http);
        var proof = AuthorizationHeader.Read(http.Request.Headers.Authorization, new ClientProof(address));
        var (caller, error) = await clients.AuthenticateAsync(proof, http.RequestAborted);
        if (caller is not null && Allows(caller, address))
        {
            return null;
        }

        var asks = clients.Ways.TakesCredentials && (error is null ? caller is { Way: ClientWay.None } : error.Status is 401);
        if (asks)
        {
            http.Response.Headers.WWWAuthenticate = Challenge.Basic(http.Request.Host.Value ?? "");
            return (StatusCodes.Status401Unauthorized, "say who you are: this is for callers who may admin");
        }

        return error is null || error.Status is 401
            ? (Forbidden, "this is for callers who may admin, and for this machine; Admin.AllowAnonymous opens it to everybody")
            : (error.Status, error.Message);
    }

    private bool Allows(Caller caller, IPAddress address) =>
        caller.Way is not ClientWay.Ecr
        && (rules.Any ? rules.Allow(caller, address, ClientAction.Admin) : caller.Way is not ClientWay.None);

    private static IPAddress AddressOf(HttpContext http) => Addresses.Plain(http.Connection.RemoteIpAddress ?? IPAddress.None);
}
