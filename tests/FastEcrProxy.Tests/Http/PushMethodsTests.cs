using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Tests.Http;

public sealed class PushMethodsTests
{
    private static readonly string Blob = $"/v2/a/blobs/{Digests.Sha256A}";

    public static TheoryData<string, string, string> Known => new()
    {
        { "/v2/a/blobs/uploads/", "POST", "POST" },
        { "/v2/a/blobs/uploads/x", "GET HEAD PATCH PUT DELETE", "GET, HEAD, PATCH, PUT, DELETE" },
        { "/v2/a/manifests/1", "GET HEAD PUT DELETE", "GET, HEAD, PUT, DELETE" },
        { Blob, "GET HEAD DELETE", "GET, HEAD, DELETE" },
        { "/v2/a/tags/list", "GET HEAD", "GET, HEAD" },
        { "/v2/_catalog", "GET HEAD", "GET, HEAD" },
    };

    [Theory, MemberData(nameof(Known))]
    public void WherePushesGo_EveryPathKnowsItsMethods(string path, string known, string allow)
    {
        string[] methods = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS", "TRACE", "get", "patch", ""];
        foreach (var method in methods)
        {
            var request = Request(method);
            var error = PushMethods.Check(request, Route(path)) ?? PushMethods.Check(request, Route(path), pushes: true);

            Assert.Equal(known.Split(' ').Contains(method), error is null);
            Assert.True(error is null || (error.Status, error.Code) == (405, "UNSUPPORTED"));
            var told = request.HttpContext.Response.Headers.Allow.ToString();
            Assert.True(error is null ? told.Length == 0 : told == allow || told == "GET, HEAD", $"{method} {path}: {told}");
        }
    }

    [Theory, MemberData(nameof(Known))]
    public void WhereNobodyPushes_OnlyReadsAreKnown(string path, string known, string allow)
    {
        Assert.NotNull(known);
        Assert.NotNull(allow);
        foreach (var method in (string[])["POST", "PATCH", "PUT", "DELETE"])
        {
            var request = Request(method);

            var error = PushMethods.Check(request, Route(path)) ?? PushMethods.Check(request, Route(path), pushes: false);

            Assert.Equal(405, error?.Status);
            Assert.Contains("This proxy serves pulls", error!.Message, StringComparison.Ordinal);
            Assert.Equal("GET, HEAD", request.HttpContext.Response.Headers.Allow);
        }

        Assert.Null(PushMethods.Check(Request("GET"), Route(path), pushes: false));
    }

    private static HttpRequest Request(string method)
    {
        var request = new DefaultHttpContext().Request;
        request.Method = method;
        return request;
    }

    private static OciRoute Route(string path)
    {
        Assert.Null(OciRoute.TryParse(path, out var route));
        return route;
    }
}
