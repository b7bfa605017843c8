using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace FastEcrProxy.LocalEcr;

/// <summary>The stand-in for S3: layer bytes for whoever holds a signed URL and shows no other credentials.</summary>
internal sealed class LayersOrigin(LocalService service)
{
    private static readonly RegistryPath Nowhere = new(RequestKind.OtherLayers, "", "");

    private readonly LayerAnswer _answer = new(service);

    public Task AnswerAsync(HttpContext http)
    {
        var content = service.Content.FindObject(http.Request.Path.Value ?? "");
        var kind = !HttpMethods.IsGet(http.Request.Method) ? RequestKind.OtherLayers
            : LayerAnswer.KindOf(http.Request);
        http.Response.Headers["x-amz-request-id"] = "LOCALECR00000000";
        http.Response.Headers.Server = "AmazonS3";

        var admission = service.Door.Examine(http.Request, Nowhere);
        var entry = Visit.Entry(http, OriginName.Layers, kind, content?.Digest, admission);
        return Visit.RunAsync(service, entry, http, () => CheckAsync(http, kind, content));
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

        switch (service.LayerUrls!.Check(http.Request))
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
        http.Response.Headers.ETag = new EntityTagHeaderValue($"\"{content.Digest.AsSpan(^32)}-1\"").ToString();
        http.Response.Headers.LastModified = "Mon, 01 Jan 2024 00:00:00 GMT";
        http.Response.ContentType = "binary/octet-stream";
        return _answer.SendAsync(http, kind, content, total => Reply.S3ErrorAsync(
            http.Response,
            416,
            "InvalidRange",
            "The requested range is not satisfiable",
            $"<RangeRequested>{http.Request.Headers.Range}</RangeRequested><ActualObjectSize>{total}</ActualObjectSize>"));
    }
}
