using System.Text.Json;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

public sealed class ClaimPathTests
{
    private const string Claims = """
        { "sub": "me", "https://example.com/team": "web", "n": 1.50, "t": true, "null": null, "o": { "/": "slash", "~": "tilde" },
          "kubernetes.io": { "serviceaccount": { "name": "puller" } }, "list": ["a", 2], "mixed": ["a", {}], "~1": "as it is" }
        """;

    [Theory]
    [InlineData("sub", "me")]
    [InlineData("https://example.com/team", "web")]
    [InlineData("/kubernetes.io/serviceaccount/name", "puller")]
    [InlineData("/sub", "me")]
    [InlineData("/o/~1", "slash")]
    [InlineData("/o/~0", "tilde")]
    [InlineData("/~01", "as it is")]
    [InlineData("~1", "as it is")]
    [InlineData("n", "1.50")]
    [InlineData("t", "true")]
    [InlineData("list", "a 2")]
    [InlineData("mixed", null)]
    [InlineData("o", null)]
    [InlineData("null", null)]
    [InlineData("absent", "")]
    [InlineData("/sub/more", "")]
    [InlineData("/list/0", "")]
    [InlineData("kubernetes.io/serviceaccount/name", "")]
    public void Path_LeadsToWhatTheClaimSays(string text, string? expected)
    {
        using var claims = JsonDocument.Parse(Claims);
        Assert.True(ClaimPath.TryParse(text, out var path));

        Assert.Equal(expected, path.Texts(claims.RootElement) is { } texts ? string.Join(' ', texts) : null);
        Assert.Equal(text, path.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("//a")]
    [InlineData("/a/")]
    [InlineData("/a~")]
    [InlineData("/a~2")]
    public void PathThatIsNone_IsRefused(string text) => Assert.False(ClaimPath.TryParse(text, out _));
}
