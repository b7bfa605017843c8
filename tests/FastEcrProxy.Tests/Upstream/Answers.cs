using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>Answers as registries and S3 give them.</summary>
internal static class Answers
{
    public const string ExpiredToken =
        """{"errors":[{"code":"DENIED","message":"Your authorization token has expired. Reauthenticate and try again."}]}""";

    public const string NoPermission =
        """{"errors":[{"code":"DENIED","message":"User: arn:aws:iam::1:user/ci is not authorized to perform: ecr:BatchGetImage"}]}""";

    public static HttpResponseMessage Of(int status, string body = "", string? contentType = "application/json") =>
        Of(status, Encoding.UTF8.GetBytes(body), contentType);

    public static HttpResponseMessage Of(int status, byte[] body, string? contentType = "application/octet-stream")
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentLength = body.Length;
        if (contentType is not null)
        {
            content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        }

        return new HttpResponseMessage((HttpStatusCode)status) { Content = content };
    }

    public static HttpResponseMessage Redirect(string location)
    {
        var answer = Of(307);
        answer.Headers.TryAddWithoutValidation("Location", location);
        return answer;
    }

    public static HttpResponseMessage Part(byte[] blob, int from)
    {
        var answer = Of(206, blob[from..]);
        answer.Content.Headers.ContentRange = new ContentRangeHeaderValue(from, blob.Length - 1, blob.Length);
        return answer;
    }

    public static HttpResponseMessage With(this HttpResponseMessage answer, string name, string value)
    {
        Assert.True(answer.Headers.TryAddWithoutValidation(name, value) || answer.Content.Headers.TryAddWithoutValidation(name, value));
        return answer;
    }
}
