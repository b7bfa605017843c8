using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Admin;

/// <summary>The admin port: alive, ready, measured. Whoever hosts it keeps it away from the data ports.</summary>
internal sealed class AdminEndpoints(Readiness readiness, AdminGate gate)
{
    private const string Index =
        """
        fast-ecr-proxy, admin port

        /livez    200 as long as the process answers
        /readyz   200 when it should be sent requests, else 503; JSON says why
        /metrics  measurements, as Prometheus reads them

        """;

    private const string NotFound =
        """
        {"error": "there is no such path on the admin port", "paths": ["/", "/livez", "/readyz", "/metrics"]}

        """;

    private const string WrongMethod =
        """
        {"error": "the admin port answers GET and HEAD only"}

        """;

    /// <summary>Ends the pipeline of <paramref name="app"/>: every request to it is answered here.</summary>
    /// <remarks>Needs <see cref="AdminServices"/> in the same host.</remarks>
    public void MapTo(IApplicationBuilder app)
    {
        app.Use(CheckAsync);
        app.UseOpenTelemetryPrometheusScrapingEndpoint(); // /metrics
        app.Run(AnswerAsync);
    }

    /// <summary>What probes and people may see without showing anything. All else is not: what serves it may spell it otherwise.</summary>
    private static bool IsForAll(PathString path) => path.Value is "" or "/" or "/livez" or "/readyz";

    /// <summary>Before the measurements, which somebody else's code serves.</summary>
    private async Task CheckAsync(HttpContext http, RequestDelegate next)
    {
        if (!IsForAll(http.Request.Path) && await gate.RefuseAsync(http) is var (status, why))
        {
            await WriteAsync(http, status, "application/json", $$"""{"error": "{{why}}"}""" + "\n");
            return;
        }

        await next(http);
    }

    private Task AnswerAsync(HttpContext http)
    {
        if (!HttpMethods.IsGet(http.Request.Method) && !HttpMethods.IsHead(http.Request.Method))
        {
            http.Response.Headers.Allow = "GET, HEAD";
            return WriteAsync(http, StatusCodes.Status405MethodNotAllowed, "application/json", WrongMethod);
        }

        return http.Request.Path.Value switch
        {
            "/" or "" => WriteAsync(http, StatusCodes.Status200OK, "text/plain; charset=utf-8", Index),
            "/livez" => WriteAsync(http, StatusCodes.Status200OK, "text/plain; charset=utf-8", "alive\n"),
            "/readyz" => WriteReadinessAsync(http),
            _ => WriteAsync(http, StatusCodes.Status404NotFound, "application/json", NotFound),
        };
    }

    /// <summary>Whether it is ready, for everybody; why not, for those who may know.</summary>
    private async Task WriteReadinessAsync(HttpContext http)
    {
        var report = readiness.Ask();
        var status = report.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        var maySeeWhy = gate.AllowsUnasked(http)
            || (http.Request.Headers.Authorization.Count > 0 && await gate.RefuseAsync(http) is null);
        http.Response.Headers.Remove("WWW-Authenticate"); // it is answered, all the same
        await WriteAsync(http, status, "application/json", maySeeWhy ? report.ToJson() : report.ToShortJson());
    }

    private static Task WriteAsync(HttpContext http, int status, string type, string body) =>
        WriteAsync(http, status, type, System.Text.Encoding.UTF8.GetBytes(body));

    private static async Task WriteAsync(HttpContext http, int status, string type, ReadOnlyMemory<byte> body)
    {
        var response = http.Response;
        response.StatusCode = status;
        response.ContentType = type;
        response.ContentLength = body.Length;
        response.Headers.CacheControl = "no-store";
        await response.BodyWriter.WriteAsync(body, http.RequestAborted);
    }
}
