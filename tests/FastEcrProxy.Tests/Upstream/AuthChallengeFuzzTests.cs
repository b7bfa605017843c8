using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class AuthChallengeFuzzTests
{
    private static readonly string[] Headers =
    [
        "Basic realm=\"registry\"",
        "Bearer realm=\"https://auth.docker.io/token\",service=\"registry.docker.io\",scope=\"repository:library/alpine:pull,push\"",
        "Bearer realm=https://a.example/token, error=invalid_token, Basic realm=\"a \\\"quoted\\\" one\"",
        "Negotiate YIIZ==, NTLM, Digest a=b, c = \"d\"",
        "Basic, Basic, Basic, Basic, Basic, Basic, Basic, Basic, Basic, Bearer realm=x",
        "Bearer realm=\"https://169.254.169.254/\\",
    ];

    [Fact]
    public void WhatIsRead_StandsInTheHeader()
    {
        var read = 0;

        AlmostRight.Texts(Headers, 20_000, header =>
        {
            var challenges = AuthChallenge.Parse(header);

            Assert.InRange(challenges.Count, 0, 8);
            Assert.All(challenges, challenge =>
            {
                Assert.Contains(challenge.Scheme, header, StringComparison.Ordinal);
                Assert.NotEmpty(challenge.Scheme);
                Assert.False(challenge.Scheme.AsSpan().ContainsAny(" \t\r\n\0,;=\"\\/:@"), challenge.Scheme);
                Assert.All(
                    (string?[])[challenge.Realm, challenge.Service, challenge.Scope, challenge.Error],
                    value => Assert.True(value is null || IsWithin(value, header), value));
            });
            read += challenges.Any(challenge => challenge.Realm is { Length: > 0 }) ? 1 : 0;
        });

        Assert.InRange(read, 5_000, 19_900);
    }

    /// <summary>Whether it is the header with characters left out, as the backslashes of a quoted string are.</summary>
    private static bool IsWithin(string value, string header)
    {
        var at = -1;
        return value.All(character => (at = header.IndexOf(character, at + 1)) >= 0);
    }
}
