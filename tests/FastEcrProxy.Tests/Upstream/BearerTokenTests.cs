using System.Text;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class BearerTokenTests
{
    private const string Host = "auth.example.com";

    [Theory]
    [InlineData("""{"token":"abc"}""", "Bearer abc", 60)]
    [InlineData("""{"access_token":"abc"}""", "Bearer abc", 60)]
    [InlineData("""{"token":"abc","access_token":"def"}""", "Bearer abc", 60)]
    [InlineData("""{"token":"","access_token":"def"}""", "Bearer def", 60)]
    [InlineData("""{"token":"abc","expires_in":300,"issued_at":"2030-01-01T00:00:00Z"}""", "Bearer abc", 300)]
    [InlineData("""{"token":"abc","expires_in":4.5}""", "Bearer abc", 4.5)]
    [InlineData("""{"token":"abc","expires_in":0}""", "Bearer abc", 60)]
    [InlineData("""{"token":"abc","expires_in":-1}""", "Bearer abc", 60)]
    [InlineData("""{"token":"abc","expires_in":"300"}""", "Bearer abc", 60)]
    [InlineData("""{"token":"abc","expires_in":1e300}""", "Bearer abc", 86400)]
    public void Answer_IsRead(string body, string header, double seconds)
    {
        var (token, failure) = BearerToken.Read(Encoding.UTF8.GetBytes(body), Host);

        Assert.Null(failure);
        Assert.Equal((header, seconds), (token!.Header, token.Lifetime.TotalSeconds));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    [InlineData("""{"token":7}""")]
    [InlineData("""{"token":""}""")]
    [InlineData("""{"token":"a b"}""")]
    [InlineData("""{"token":"a\r\nEvil: b"}""")]
    [InlineData("""{"token":"ä"}""")]
    [InlineData("""{"token":"\ud800"}""")]
    [InlineData("""{"token":"abc""")]
    public void AnswerWithoutAToken_IsABadAnswerThatNamesTheService(string body)
    {
        var (token, failure) = BearerToken.Read(Encoding.UTF8.GetBytes(body), Host);

        Assert.Null(token);
        Assert.Equal(FetchError.BadAnswer, failure!.Error);
        Assert.Contains(Host, failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void HugeToken_IsNotShownToAnybody()
    {
        var body = $$"""{"token":"{{new string('x', 33 << 10)}}"}""";

        Assert.Equal(FetchError.BadAnswer, BearerToken.Read(Encoding.UTF8.GetBytes(body), Host).Failure!.Error);
    }

    [Fact]
    public void Token_IsNotPrinted()
    {
        var token = new BearerToken("Bearer SECRET", TimeSpan.FromSeconds(60));

        Assert.DoesNotContain("SECRET", $"{token} {new RegistryCredential(token.Header)}", StringComparison.Ordinal);
    }
}
