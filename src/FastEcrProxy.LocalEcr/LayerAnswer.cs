using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>A blob or a range of it, sent by whichever origin has the bytes, with the faults that layers meet.</summary>
internal sealed class LayerAnswer(LocalService service)
{
    private readonly LayerBody _body = new(service);

    public static RequestKind KindOf(HttpRequest request) =>
        request.Headers.Range.Count > 0 ? RequestKind.GetLayerRange : RequestKind.GetLayer;

    /// <param name="http">GET, or HEAD for the headers alone.</param>
    /// <param name="kind">What faults go by: <see cref="RequestKind.AnyLayer"/>.</param>
    /// <param name="content">The blob.</param>
    /// <param name="unsatisfiableAsync">Writes the error for a range outside of so many bytes.</param>
    public Task SendAsync(HttpContext http, RequestKind kind, LayerContent content, Func<long, Task> unsatisfiableAsync)
    {
        var wrong = service.Faults.Take<FaultPlan.WrongLength>(kind, content.Digest)?.Plan as FaultPlan.WrongLength;
        var total = Math.Max(0, content.Length + (wrong?.Difference ?? 0));
        var headers = http.Response.Headers;
        var range = LayerRange.Parse(http.Request.Headers.Range, total);
        if (range.IsUnsatisfiable)
        {
            headers.ContentRange = $"bytes */{total}";
            return unsatisfiableAsync(total);
        }

        headers.AcceptRanges = "bytes";
        if (range.IsPartial)
        {
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = $"bytes {range.First}-{range.First + range.Length - 1}/{total}";
        }

        if (service.Faults.Take<FaultPlan.NoLength>(kind, content.Digest) is null)
        {
            http.Response.ContentLength = range.Length;
        }

        return HttpMethods.IsHead(http.Request.Method)
            ? Task.CompletedTask
            : _body.SendAsync(http, kind, content, range);
    }
}
