using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Http;

/// <summary>The life of a request, in order. docs/request-handling.md tells it with the same numbers.</summary>
internal sealed partial class RequestPipeline(
    Handlers handlers, Upstreams upstreams, ClientLimits limits, TimeProvider time, ProxyMetrics metrics,
    ILogger<RequestPipeline> logger)
{
    // Where aws-ecr-http-proxy had it, so that load balancers need not be told.
    private const string HealthPath = "/healthz";

    private static readonly byte[] EmptyJson = "{}"u8.ToArray();

    private static readonly OciError Bug = new(500, "UNKNOWN", "The proxy made a mistake. Its log says which.");

    private static readonly OciError Stopping = FetchFailures.ToError(
        new FetchFailure(FetchError.Stopping, "The proxy is stopping: ask again."), RouteKind.Ping);

    /// <summary>Answers one request and tells of it. Never throws.</summary>
    public async Task InvokeAsync(HttpContext http)
    {
        var record = new RequestRecord(time);
        var target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        try
        {
            HeaderRules.Begin(http.Response);
            if (await AnswerAsync(http, target, record) is { } error)
            {
                await ErrorWriter.WriteAsync(http, error, record);
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

    private async ValueTask<OciError?> AnswerAsync(HttpContext http, string target, RequestRecord record)
    {
        // 0 was the connection's: accepted, limits set.                             (Server/)
        if (RequestTarget.PathOf(target) is HealthPath)
        {
            return await HealthAsync(http, record);
        }

        // Not more often than the address may, whatever it asks and whoever it says it is.
        if (limits.Requests.CheckAddress(http, record) is { } tooMany)
        {
            return tooMany;
        }

        // 1. Route: the path becomes a typed OciRoute, or the request ends here.    (Oci/)
        if (Route(http.Request, target, out var route) is { } refused)
        {
            return refused;
        }

        record.Kind = KindOf(route.Kind);

        // 2. Callers: everyone who reaches the port may pull. The registry's credentials are the proxy's own, never theirs.
        if (limits.Requests.CheckUser(http, record) is { } tooManyOfUser)
        {
            return tooManyOfUser;
        }

        if (route.Kind is RouteKind.Ping)
        {
            await ReadyBody.SendAsync(http, MediaTypes.Json, EmptyJson, record);
            return null;
        }

        // 3. Upstream: host, ns and repository say which registries, and what it is called there. (Upstream/)
        if (RequestNames.Find(upstreams, http, route, out var to) is { } nowhere)
        {
            return nowhere;
        }

        if (PushMethods.Check(http.Request, route, to.Rule.Push) is { } notHere)
        {
            return notHere;
        }

        // 4. One handler for each noun, and one for what changes something. 5 to 8 are theirs: disk, fill, upstream, body.
        return route.Kind switch
        {
            RouteKind.Upload when !to.Rule.Push =>
                OciError.NotFound("BLOB_UPLOAD_UNKNOWN", "There are no uploads here: this proxy serves pulls."),
            RouteKind.Upload => await handlers.Uploads.HandleAsync(http, route, to, record),
            _ when !PushMethods.IsRead(http.Request.Method) => await handlers.Changes.HandleAsync(http, route, to, record),
            RouteKind.Blob => await handlers.Blobs.HandleAsync(http, route, to, record),
            RouteKind.Manifest => await handlers.Manifests.HandleAsync(http, route, to, record),
            _ => await handlers.Lists.HandleAsync(http, route, to, record),
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

        if (OciRoute.TryParse(RequestTarget.PathOf(target), out route) is { } malformed)
        {
            return malformed;
        }

        return PushMethods.Check(request, route);
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
    private static async ValueTask BreakOffAsync(HttpContext http, OciError error, RequestRecord record)
    {
        if (http.Response.HasStarted)
        {
            record.Aborted = true;
            record.Trouble = error.Message;
            http.Abort();
            return;
        }

        http.Response.Clear(); // what a handler had prepared for its own answer
        HeaderRules.Begin(http.Response);
        await ErrorWriter.WriteAsync(http, error, record);
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
