using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Clients;

/// <summary>What a request shows of who sent it. Holds secrets: nothing here may be logged.</summary>
/// <param name="Address">Where it comes from: the client's own address, whatever balancer is between. Never a mapped IPv4 one.</param>
/// <param name="User">Of a Basic <c>Authorization</c> header; null where there is none.</param>
/// <param name="Password">Of the same.</param>
/// <param name="Bearer">The token of a Bearer <c>Authorization</c> header; null where there is none.</param>
/// <param name="Certificate">What the client showed for the connection, its chain not checked; null for none.</param>
internal sealed record ClientProof(
    IPAddress Address, string? User = null, string? Password = null, string? Bearer = null, X509Certificate2? Certificate = null)
{
    /// <summary>Whether it says who somebody is, rightly or wrongly: then that has to be right.</summary>
    public bool HasCredentials => User is not null || Bearer is not null;

    /// <summary>
    /// User and password in one, to be remembered by its <see cref="KeyedPrint"/>. A user has no line feed (RFC 7617 forbids
    /// controls), so no two pairs are written alike.
    /// </summary>
    public string Login => $"{User}\n{Password}";

    /// <summary>Without any secret.</summary>
    public override string ToString() => $"{Address}{(User is null ? "" : " with Basic")}{(Bearer is null ? "" : " with Bearer")}";
}
