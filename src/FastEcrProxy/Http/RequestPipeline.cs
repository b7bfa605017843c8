using FastEcrProxy.Clients;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Http;

/// <summary>The life of a request, in order. docs/request-handling.md tells it with the same numbers.</summary>
internal sealed partial class RequestPipeline(
    ClientEdge edge, ClientGate gate, ClientLimits limits, Handlers handlers, Upstreams upstreams, TimeProvider time,
    ProxyMetrics metrics, ILogger<RequestPipeline> logger)
{
    // Where aws-ecr-http-proxy had it, so that load balancers need not be told.
    private const string HealthPath = "/healthz";

    private static readonly byte[] EmptyJson = "{}"u8.ToArray();

    private static readonly OciError Bug = new(500, "UNKNOWN", "The proxy made a mistake. Its log says which.");

    private static readonly OciError Stopping = FetchFailures.ToError(
        new FetchFailure(FetchError.Stopping, "The proxy is stopping: ask again."), RouteKind.Ping);

    private readonly RecentRoutes _routes = new();

    /// <summary>Answers one request and tells of it. Never throws.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        var record = new RequestRecord(time);
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        try
        {
            edge.Settle(http); // still 0: behind balancers the connection's address is not the client's
            Begin(http);
            if (await AnswerAsync(http, target, record) is { } error)
            {
                await ErrorWriter.WriteAsync(http, gate.Shown(error, record), record);
            }
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            record.ClientLeft = true;
        }
        catch (OperationCanceledException)
        {
            await BreakOffAsync(http, Stopping, record);
        }
        catch (Exception bug)
        {
            Log.Failed(logger, LogText.Of(target, RequestLimits.LineBytesMax), bug);
            await BreakOffAsync(http, Bug, record);
        }
        finally
        {
            // 9. One log line, one set of measurements.                                   (RequestRecord, Observability/)
            record.Close(http, target, metrics, logger);
        }
    }

    /// <summary>Steps 0 to 2. Not async, nor is <see cref="HandleAsync"/>: each such method on the way costs memory per request.</summary>
    private ValueTask<OciError?> AnswerAsync(HttpContext http, string target, RequestRecord record)
    {
        // 0 was the connection's: accepted, limits set.                             (Server/)
        var path = RequestTarget.PathOf(target);
        if (path is HealthPath)
        {
            return HealthAsync(http, record);
        }

        // Not more often than the address may, whatever it asks and whoever it says it is.
        if (limits.Requests.CheckAddress(http, record) is { } tooMany)
        {
            return new(tooMany);
        }

        if (path is Challenge.TokenPath && gate.GivesTokens)
        {
            record.Kind = RequestKind.Token;
            return RequestLimits.Check(http.Request, target, limits.Options.HeaderBytes) is { } large
                ? new(large)
                : gate.GiveTokenAsync(http, record);
        }

        // 1. Route: the path becomes a typed OciRoute, or the request ends here.    (Oci/)
        if (Route(http.Request, target, out var route) is { } refused)
        {
            return new(refused);
        }

        (record.Kind, record.Repository) = (KindOf(route.Kind), route.Repository);

        // 2. Callers: who it is, and may they do this? The registry's credentials are the proxy's own, never theirs. (Clients/)
        var admitted = gate.AdmitAsync(http, route, record);
        return admitted.IsCompletedSuccessfully && admitted.Result is null
            ? GoAsync(http, route, record)
            : OnceAdmittedAsync(admitted, http, route, record);
    }

    private async ValueTask<OciError?> OnceAdmittedAsync(
        ValueTask<OciError?> admitted, HttpContext http, OciRoute route, RequestRecord record) =>
        await admitted ?? await GoAsync(http, route, record);

    private ValueTask<OciError?> GoAsync(HttpContext http, OciRoute route, RequestRecord record)
    {
        if (limits.Requests.CheckUser(http, record) is { } tooMany)
        {
            return new(tooMany);
        }

        if (route.Kind is RouteKind.Ping)
        {
            return PingAsync(http, record);
        }

        // 3. Upstream: host, ns and repository say which registries, and what it is called there. (Upstream/)
        if (RequestNames.Find(upstreams, http, route, out var to) is { } nowhere)
        {
            return new(nowhere);
        }

        if (PushMethods.Check(http.Request, route, to.Rule.Push) is { } notHere)
        {
            return new(notHere);
        }

        // Still 2, where the registry itself says what its callers may do.
        return record.Caller is { Way: ClientWay.Ecr }
            ? OnceAllowedAsync(http, route, to, record)
            : HandleAsync(http, route, to, record);
    }

    private async ValueTask<OciError?> OnceAllowedAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record) =>
        await gate.AskRegistryAsync(http, route, to, record) ?? await HandleAsync(http, route, to, record);

    private ValueTask<OciError?> HandleAsync(HttpContext http, OciRoute route, Destination to, RequestRecord record)
    {
        // 4. One handler for each noun, and one for what changes something. 5 to 8 are theirs: disk, fill, upstream, body.
        return route.Kind switch
        {
            RouteKind.Upload when !to.Rule.Push =>
                new(OciError.NotFound("BLOB_UPLOAD_UNKNOWN", "There are no uploads here: this proxy serves pulls.")),
            RouteKind.Upload => handlers.Uploads.HandleAsync(http, route, to, record),
            _ when !PushMethods.IsRead(http.Request.Method) => handlers.Changes.HandleAsync(http, route, to, record),
            RouteKind.Blob => handlers.Blobs.HandleAsync(http, route, to, record),
            RouteKind.Manifest => handlers.Manifests.HandleAsync(http, route, to, record),
            _ => handlers.Lists.HandleAsync(http, route, to, record),
        };
    }

    /// <summary>What is asked for, or why nobody is asked: too large, malformed, or nothing that can be done to it.</summary>
    private OciError? Route(HttpRequest request, string target, out OciRoute route)
    {
        route = default;
        if (RequestLimits.Check(request, target, limits.Options.HeaderBytes) is { } tooLarge)
        {
            return tooLarge;
        }

        if (!_routes.TryGet(target, out route))
        {
            if (OciRoute.TryParse(RequestTarget.PathOf(target), out route) is { } malformed)
            {
                return malformed;
            }

            _routes.Add(target, route);
        }

        return PushMethods.Check(request, route);
    }

    private static async ValueTask<OciError?> PingAsync(HttpContext http, RequestRecord record)
    {
        await ReadyBody.SendAsync(http, MediaTypes.Json, EmptyJson, record);
        return null;
    }

    private static async ValueTask<OciError?> HealthAsync(HttpContext http, RequestRecord record)
    {
        record.Kind = RequestKind.Health;
        if (PushMethods.Check(http.Request, new OciRoute(RouteKind.Ping)) is { } refused)
        {
            return refused;
        }

        await ReadyBody.SendAsync(http, "text/plain", "ok"u8.ToArray(), record);
        return null;
    }

    /// <summary>An error where one can still be told, else the end of the connection: a short body must not look whole.</summary>
    private async ValueTask BreakOffAsync(HttpContext http, OciError error, RequestRecord record)
    {
        if (http.Response.HasStarted)
        {
            record.Aborted = true;
            record.Trouble = error.Message;
            http.Abort();
            return;
        }

        http.Response.Clear(); // what a handler had prepared for its own answer
        Begin(http);
        await ErrorWriter.WriteAsync(http, error, record);
    }

    private void Begin(HttpContext http)
    {
        HeaderRules.Begin(http.Response);
        edge.Begin(http);
    }

    private static RequestKind KindOf(RouteKind kind) => kind switch
    {
        RouteKind.Ping => RequestKind.Ping,
        RouteKind.Manifest => RequestKind.Manifest,
        RouteKind.Blob => RequestKind.Blob,
        RouteKind.Tags => RequestKind.Tags,
        RouteKind.Referrers => RequestKind.Referrers,
        RouteKind.Upload => RequestKind.Upload,
        RouteKind.Catalog => RequestKind.Catalog,
        _ => RequestKind.Unknown,
    };

    private static partial class Log
    {
        [LoggerMessage(3001, LogLevel.Error, "{Target}: this should not have happened, please report it")]
        public static partial void Failed(ILogger logger, string target, Exception bug);
    }
}
