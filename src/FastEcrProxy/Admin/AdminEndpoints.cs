using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Admin;

/// <summary>The admin port: alive, ready, measured. Whoever hosts it keeps it away from the data ports.</summary>
internal sealed class AdminEndpoints(Readiness readiness)
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
        app.UseOpenTelemetryPrometheusScrapingEndpoint(); // /metrics
        app.Run(AnswerAsync);
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

    private Task WriteReadinessAsync(HttpContext http)
    {
        var report = readiness.Ask();
        var status = report.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return WriteAsync(http, status, "application/json", report.ToJson());
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
