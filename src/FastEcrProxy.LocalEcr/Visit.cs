using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>What every request goes through before it is answered: counted, logged, and hit by faults.</summary>
internal static class Visit
{
    public static async Task RunAsync(LocalService service, RequestEntry entry, HttpContext http, Func<Task> answer)
    {
        service.Counters.Arrived(entry);
        try
        {
            await service.Faults.MovingAsync(http.RequestAborted);
            if (!await HitByFaultAsync(service, entry, http))
            {
                var silence = service.Faults.Take<FaultPlan.Silence>(entry.Kind, entry.Digest);
                await (silence is null ? answer() : AnswerNobodyAsync(silence, http, answer));
            }

            entry.Status = http.Response.StatusCode;
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client left: nobody is there to be answered.
        }
    }

    public static RequestEntry Entry(
        HttpContext http, OriginName origin, RequestKind kind, string? digest = null, Admission? admission = null) => new()
        {
            Origin = origin,
            Kind = kind,
            Method = http.Request.Method,
            Path = http.Request.Path.Value ?? "",
            Query = origin == OriginName.Layers ? "" : http.Request.QueryString.Value ?? "",
            HasAuthorization = http.Request.Headers.Authorization.Count > 0,
            TokenId = admission?.TokenId,
            TokenAccountId = admission?.TokenAccountId,
            Identity = admission?.Identity?.Name,
            Range = http.Request.Headers.Range,
            Accept = http.Request.Headers.Accept,
            Digest = digest,
        };

    private static async Task AnswerNobodyAsync(Fault silence, HttpContext http, Func<Task> answer)
    {
        http.Response.Body = Stream.Null; // what is written there never starts the response
        await answer();
        silence.Reach();
        http.Abort();
    }

    private static async Task<bool> HitByFaultAsync(LocalService service, RequestEntry entry, HttpContext http)
    {
        if (service.Faults.Take<FaultPlan.Hang>(entry.Kind, entry.Digest) is { } hang)
        {
            hang.Reach();
            await hang.Released.WaitAsync(http.RequestAborted);
        }

        if (service.Faults.Take<FaultPlan.Answer>(entry.Kind, entry.Digest) is not { } fault)
        {
            return false;
        }

        fault.Reach();
        var plan = (FaultPlan.Answer)fault.Plan;
        if (plan.RetryAfter is { } wait)
        {
            http.Response.Headers.RetryAfter = ((long)wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        }

        await (plan.Body is null
            ? UsualBodyAsync(entry.Origin, plan.Status, http.Response)
            : Reply.TextAsync(http.Response, plan.Status, plan.ContentType, plan.Body));
        return true;
    }

    private static Task UsualBodyAsync(OriginName origin, int status, HttpResponse response) => (origin, status) switch
    {
        (OriginName.Registry, 429) => Reply.OciErrorAsync(response, status, "TOOMANYREQUESTS", "Rate exceeded"),
        (OriginName.Registry, _) => Reply.OciErrorAsync(response, status, "UNKNOWN", "Ordered by the test"),
        (OriginName.Layers, 503) => Reply.S3ErrorAsync(response, status, "SlowDown", "Please reduce your request rate."),
        (OriginName.Layers, _) => Reply.S3ErrorAsync(response, status, "InternalError", "Ordered by the test"),
        (_, 400) => Reply.ApiErrorAsync(response, "ThrottlingException", "Rate exceeded"),
        _ => Reply.ApiErrorAsync(response, "ServerException", "Ordered by the test", status),
    };
}
