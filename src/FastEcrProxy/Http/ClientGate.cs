using System.Net;
using FastEcrProxy.Clients;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FastEcrProxy.Http;

/// <summary>Step 2 of a request: who is calling, and whether they may do this. Nothing is read and nobody is asked before.</summary>
internal sealed class ClientGate(
    ClientAuthenticator clients, AccessRules rules, CallerPermissions permissions, SealedCredentials tokens, bool asksForTokens,
    string? tokenAddress, ProxyMetrics metrics)
{
    private static readonly OciError Expired = OciError.Unauthorized("The token has expired, or is of another registry: get a new one.");
    private static readonly OciError TokenFirst =
        OciError.Unauthorized("Get a token first: with a login, or without one for what is open to everybody.");

    private static readonly OciError Nameless = OciError.Unauthorized("Log in first: this is not open to everybody.");

    private bool HidesRepositories => rules.Any || clients.Ways.AsksRegistries;

    /// <summary>Whether clients can get Bearer tokens here.</summary>
    public bool GivesTokens => clients.Ways.TakesCredentials;

    /// <summary>Takes note of who calls, or says what to answer.</summary>
    public ValueTask<OciError?> AdmitAsync(HttpContext http, OciRoute route, RequestRecord record)
    {
        if (!clients.Ways.AsksNobody || rules.Any)
        {
            return CheckAsync(http, route, record);
        }

        record.Caller = Caller.Anonymous;
        return default;
    }

    /// <summary>
    /// Whether the registry lets a caller do this who is known by their own token of it; null if so. One that takes no such tokens
    /// cannot be asked: there the rules decide, and have done so.
    /// </summary>
    public async ValueTask<OciError?> AskRegistryAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        if (rules.Any && !CallerPermissions.DecidesAbout(to))
        {
            return null;
        }

        var proof = http.Features.GetRequiredFeature<ClientProof>();
        var error = await permissions.CheckAsync(
            record.Caller!, proof, route, http.Request.Method, to, http.RequestAborted, mayMake: rules.Any);
        if (error is { Status: < 500 })
        {
            metrics.CallerDenied();
        }

        return error;
    }

    /// <summary>Whether the caller may read a layer in another repository too, as whoever has it mounted from there.</summary>
    public async ValueTask<bool> MayMountAsync(
        HttpContext http, RequestRecord record, Repository from, Digest digest, Destination there)
    {
        if (record.Caller is not { } caller || !rules.Allow(caller, AddressOf(http), from, ClientAction.Pull))
        {
            return false;
        }

        return caller.Way is not ClientWay.Ecr
            || (rules.Any && !CallerPermissions.DecidesAbout(there))
            || await permissions.MayMountAsync(
                caller, http.Features.GetRequiredFeature<ClientProof>(), from, digest, there, http.RequestAborted);
    }

    /// <summary>
    /// An error as the caller is told it. Where callers may see some repositories and not others, one that is not there is told of
    /// as one that they may not see, whatever the registry said of it.
    /// </summary>
    public OciError Shown(OciError error, RequestRecord record) =>
        error is { Status: 404, Code: OciError.NameUnknownCode } && HidesRepositories && record.Repository != default
            ? OciError.Hidden(record.Repository)
            : error;

    /// <summary>Answers a request for a token: with one that stands for what the client showed.</summary>
    public async ValueTask<OciError?> GiveTokenAsync(HttpContext http, RequestRecord record)
    {
        var (shown, malformed) = await TokenRequest.ReadAsync(http, new ClientProof(AddressOf(http)));
        if (shown is null)
        {
            return malformed;
        }

        var proof = shown with { Certificate = http.Connection.ClientCertificate };
        var (caller, error) = await clients.AuthenticateAsync(proof, http.RequestAborted);
        if (caller is null)
        {
            http.Response.Headers.WWWAuthenticate = Challenge.Basic(http.Request.Host.Value ?? "");
            return error;
        }

        record.Caller = caller;
        var user = proof.User ?? (proof.Bearer is null ? null : TokenRequest.IdentityUser);
        await TokenRequest.AnswerAsync(http, tokens.Seal(user, proof.Password ?? proof.Bearer), record);
        return null;
    }

    private async ValueTask<OciError?> CheckAsync(HttpContext http, OciRoute route, RequestRecord record)
    {
        var shown = AuthorizationHeader.Read(
            http.Request.Headers.Authorization,
            new ClientProof(AddressOf(http), Certificate: http.Connection.ClientCertificate));
        var wasToken = shown.Bearer is not null;
        var hasToken = shown.Bearer is { } bearer && SealedCredentials.IsOne(bearer);
        if (hasToken)
        {
            if (!tokens.TryOpen(shown.Bearer!, shown, out var opened))
            {
                return Challenged(http, route, Expired, Challenge.InvalidToken);
            }

            shown = opened;
        }

        var authentication = await clients.AuthenticateAsync(shown, http.RequestAborted);
        if (authentication.Caller is not { } caller)
        {
            return authentication.Challenges
                ? Challenged(http, route, authentication.Error!, wasToken ? Challenge.InvalidToken : null)
                : authentication.Error;
        }

        record.Caller = caller;
        if (caller.Way is ClientWay.Ecr)
        {
            http.Features.Set(shown); // for who asks ECR what this caller may do
        }

        return IsWeak(caller) && clients.Ways.TakesCredentials
            ? CheckWeak(http, route, caller, hasToken)
            : Check(http, route, caller);
    }

    /// <summary>
    /// Of who showed nothing and might: asked for more where that helps, and at a ping always, since docker shows nothing ever
    /// after if it is not asked then.
    /// </summary>
    private OciError? CheckWeak(HttpContext http, OciRoute route, Caller caller, bool hasToken)
    {
        if (route.Kind is RouteKind.Ping && !hasToken)
        {
            return Challenged(http, route, TokenFirst, error: null);
        }

        return Check(http, route, caller, counts: hasToken) is null
            ? null
            : Challenged(http, route, Nameless, hasToken ? Challenge.InsufficientScope : null);
    }

    /// <param name="http">Where the caller is.</param>
    /// <param name="route">What is asked for.</param>
    /// <param name="caller">Who asks.</param>
    /// <param name="counts">Whether a refusal is one: who has not been asked yet who they are is only asked.</param>
    private OciError? Check(HttpContext http, OciRoute route, Caller caller, bool counts = true)
    {
        var refusal = RefusalOf(http, route, caller);
        if (refusal is not null && counts)
        {
            metrics.CallerDenied();
        }

        return refusal;
    }

    private OciError? RefusalOf(HttpContext http, OciRoute route, Caller caller)
    {
        var address = AddressOf(http);
        switch (RouteActions.Of(route, http.Request.Method))
        {
            case null:
                return null;
            case ClientAction.Catalog when rules.Allow(caller, address, ClientAction.Catalog):
                return null;
            case ClientAction.Catalog:
                return OciError.Denied("You may not see the names of all repositories.");
            case { } action when rules.Allow(caller, address, route.Repository, action):
                return null;
            case { } action:
                return rules.AllowToKnow(caller, address, route.Repository)
                    ? OciError.Denied($"You may not {NameOf(action)} {route.Repository}.")
                    : OciError.Hidden(route.Repository);
        }
    }

    private OciError Challenged(HttpContext http, OciRoute route, OciError refusal, string? error)
    {
        var host = http.Request.Host.Value ?? "";
        if (clients.Ways.TakesCredentials)
        {
            http.Response.Headers.WWWAuthenticate = asksForTokens
                ? Challenge.Bearer(
                    tokenAddress ?? $"{http.Request.Scheme}://{host}", host, route.Repository,
                    RouteActions.ScopeOf(route, http.Request.Method), error)
                : Challenge.Basic(host);
            return refusal;
        }

        // Nobody can be asked for a password that nobody has: a network or a certificate is missing.
        return OciError.Denied("This registry is not open to you: it knows its clients by their certificate or their network.");
    }

    private static bool IsWeak(Caller caller) => caller.Way is ClientWay.None or ClientWay.Networks;

    private static string NameOf(ClientAction action) => action switch
    {
        ClientAction.Push => "push to",
        ClientAction.Delete => "delete from",
        _ => "pull from",
    };

    private static IPAddress AddressOf(HttpContext http) => http.Connection.RemoteIpAddress ?? IPAddress.None;
}
