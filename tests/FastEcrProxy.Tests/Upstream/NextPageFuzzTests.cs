using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class NextPageFuzzTests
{
    private static readonly string[] Headers =
    [
        "</v2/a/tags/list?last=x&n=5>; rel=\"next\"",
        "<https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/v2/list?n=2&last=abc%3D>; rel=\"next\"",
        "</p?page=1>; rel=\"prev\"; title=\"a, b\", </p?page=3>;rel=next",
        "<https://169.254.169.254/latest?x=y>; rel=\"next\"; title*=UTF-8''x",
        "<//evil.example/?last=x#frag> ; REL = \"Next\"",
    ];

    [Fact]
    public void NextPage_IsAQueryOfTheHeaderAndNothingThatEndsARequestLine()
    {
        var found = 0;

        AlmostRight.Texts(Headers, 20_000, header =>
        {
            var isSensible = NextPage.TryParse(header, out var query);

            Assert.True(isSensible || query is null);
            if (query is not null)
            {
                found++;
                Assert.InRange(query.Length, 1, 4096);
                Assert.Contains('?' + query, header, StringComparison.Ordinal);
                Assert.False(query.AsSpan().ContainsAny(" \t\r\n\0#<>\"\\"), query);
                Assert.DoesNotContain(query, static character => character > '~');
                Assert.True(NextPage.TryParse($"</p?{query}>; rel=\"next\"", out var again));
                Assert.Equal(query, again);
            }
        });

        Assert.InRange(found, 2_000, 19_000);
    }
}
