using FastEcrProxy.Ecr;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class UploadSessionTests
{
    private const string Ecr = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";

    [Theory]
    [InlineData("/v2/team/app/blobs/uploads/a-b_c.d~e=+", "a-b_c.d~e=+", "")]
    [InlineData("/v2/team/app/blobs/uploads/abc?", "abc", "")]
    [InlineData("/v2/team/app/blobs/uploads/abc?x=%7E&y=/?:@", "abc", "x=%7E&y=/?:@")]
    [InlineData("https://vpce-1.example:8443/v2/team/app/blobs/uploads/abc", "abc", "")]
    [InlineData("http://VPCE-1.example/v2/team/app/blobs/uploads/abc?a=b", "abc", "a=b")]
    [InlineData("https://123456789012.dkr.ecr.eu-central-1.amazonaws.com/v2/team/app/blobs/uploads/abc", "abc", "")]
    public void UploadOnTheRegistry_IsRead(string location, string id, string query)
    {
        var (session, _) = Read(location);

        Assert.Equal(new UploadSession(id, query), session);
        Assert.Equal($"/v2/team/app/blobs/uploads/{id}{(query.Length > 0 ? "?" : "")}{query}", session!.PathIn(StubbedRegistry.App));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("/v2/team/app/blobs/uploads/")]
    [InlineData("/v2/team/app/blobs/uploads/?a=b")]
    [InlineData("/v2/team/app/blobs/uploads/a/../../../../x")]
    [InlineData("/v2/team/app/blobs/uploads/..")]
    [InlineData("/v2/team/app/blobs/uploads/%2e%2e")]
    [InlineData("/v2/team/app/blobs/uploads/a b")]
    [InlineData("/v2/team/app/blobs/uploads/a?b c")]
    [InlineData("/v2/team/app/blobs/uploads/a#b")]
    [InlineData("/v2/team/app2/blobs/uploads/abc")]
    [InlineData("/v2/other/blobs/uploads/abc")]
    [InlineData("//evil.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("https://evil.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("https://vpce-1.example.evil.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("https://vpce-1.example@evil.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("https://a:b@vpce-1.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("https:/v2/team/app/blobs/uploads/abc")]
    [InlineData("ftp://vpce-1.example/v2/team/app/blobs/uploads/abc")]
    [InlineData("v2/team/app/blobs/uploads/abc")]
    public void AnythingElse_IsRefused(string? location)
    {
        var (session, failure) = Read(location);

        Assert.Null(session);
        Assert.Equal(FetchError.BadAnswer, failure!.Error);
        Assert.Contains("a Location that is no upload to team/app there", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void EndlessLocation_IsRefused() => Assert.Null(Read("/v2/team/app/blobs/uploads/abc?" + new string('a', 5000)).Value);

    private static Fetched<UploadSession> Read(string? location)
    {
        Assert.True(EcrHost.TryParse(Ecr, out var host));
        var message = Answers.Of(202);
        message.RequestMessage = new HttpRequestMessage(HttpMethod.Post, "https://vpce-1.example/v2/team/app/blobs/uploads/");
        if (location is not null)
        {
            message.Headers.TryAddWithoutValidation("Location", location);
        }

        using var answer = new UpstreamAnswer(UpstreamPeer.Registry, "vpce-1.example", message, default, ErrorBody.None, null);
        return UploadSession.Of(answer, new RegistryAddress(new Uri("https://vpce-1.example"), host), StubbedRegistry.App);
    }
}
