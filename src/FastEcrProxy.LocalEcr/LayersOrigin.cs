using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FastEcrProxy.LocalEcr;

/// <summary>The stand-in for S3: layer bytes for whoever holds a signed URL and shows no other credentials.</summary>
internal sealed class LayersOrigin(LocalRegion region)
{
    private readonly LayerBody _body = new(region);

    public Task AnswerAsync(HttpContext http)
    {
        var content = region.Content.FindObject(http.Request.Path.Value ?? "");
        var kind = !HttpMethods.IsGet(http.Request.Method) ? RequestKind.OtherLayers
            : http.Request.Headers.Range.Count > 0 ? RequestKind.GetLayerRange
            : RequestKind.GetLayer;
        http.Response.Headers["x-amz-request-id"] = "LOCALECR00000000";
        http.Response.Headers.Server = "AmazonS3";

        region.Tokens.Check(http.Request.Headers.Authorization, out var token);
        var entry = Visit.Entry(http, OriginName.Layers, kind, content?.Digest, token);
        return Visit.RunAsync(region, entry, http, () => CheckAsync(http, kind, content));
    }

    private Task CheckAsync(HttpContext http, RequestKind kind, LayerContent? content)
    {
        if (http.Request.Headers.Authorization.Count > 0)
        {
            return Reply.S3ErrorAsync(
                http.Response,
                400,
                "InvalidArgument",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string "
                + "parameter or the Authorization header should be specified",
                "<ArgumentName>Authorization</ArgumentName>");
        }

        switch (region.LayerUrls.Check(http.Request))
        {
            case LayerUrls.Verdict.Unsigned:
                return Reply.S3ErrorAsync(http.Response, 403, "AccessDenied", "Access Denied");
            case LayerUrls.Verdict.WrongSignature:
                return Reply.S3ErrorAsync(
                    http.Response,
                    403,
                    "SignatureDoesNotMatch",
                    "The request signature we calculated does not match the signature you provided. "
                    + "Check your key and signing method.");
            case LayerUrls.Verdict.Expired:
                return Reply.S3ErrorAsync(http.Response, 403, "AccessDenied", "Request has expired");
        }

        return content is not { IsKept: true }
            ? Reply.S3ErrorAsync(http.Response, 404, "NoSuchKey", "The specified key does not exist.")
            : SendAsync(http, kind, content);
    }

    private Task SendAsync(HttpContext http, RequestKind kind, LayerContent content)
    {
        var wrong = region.Faults.Take<FaultPlan.WrongLength>(kind, content.Digest)?.Plan as FaultPlan.WrongLength;
        var total = Math.Max(0, content.Length + (wrong?.Difference ?? 0));
        var range = LayerRange.Parse(http.Request.Headers.Range, total);
        if (range.IsUnsatisfiable)
        {
            http.Response.Headers.ContentRange = $"bytes */{total}";
            return Reply.S3ErrorAsync(
                http.Response,
                416,
                "InvalidRange",
                "The requested range is not satisfiable",
                $"<RangeRequested>{http.Request.Headers.Range}</RangeRequested><ActualObjectSize>{total}</ActualObjectSize>");
        }

        var headers = http.Response.Headers;
        headers.AcceptRanges = "bytes";
        headers.ETag = new EntityTagHeaderValue($"\"{content.Digest.AsSpan(^32)}-1\"").ToString();
        headers.LastModified = "Mon, 01 Jan 2024 00:00:00 GMT";
        http.Response.ContentType = "binary/octet-stream";
        if (range.IsPartial)
        {
            http.Response.StatusCode = StatusCodes.Status206PartialContent;
            headers.ContentRange = $"bytes {range.First}-{range.First + range.Length - 1}/{total}";
        }

        if (region.Faults.Take<FaultPlan.NoLength>(kind, content.Digest) is null)
        {
            http.Response.ContentLength = range.Length;
        }

        return HttpMethods.IsHead(http.Request.Method)
            ? Task.CompletedTask
            : _body.SendAsync(http, kind, content, range);
    }
}
