using FastEcrProxy.Http;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Http;

public sealed class UploadQueryFuzzTests
{
    private static readonly string[] Queries =
    [
        "",
        "?_state=x%2F%3D&a=b&fep-received=12",
        $"?fep-received=0&digest=sha256:{new string('a', 64)}",
        $"?digest=sha512%3A{new string('b', 128)}&_state=y",
        "?fep-received=7&fep-received-2=9&ns=docker.io",
        "?fep-received=3?digest=sha256:short",
        "?mount=a&from=b&%66ep-received=1",
        "?fep-received=9223372036854775807",
    ];

    [Fact]
    public void WhatGoesToTheRegistry_IsWhatCame_WithoutTheProxysOwn() => AlmostRight.Texts(Queries, 20_000, text =>
    {
        if (UploadQuery.TryParse(text, out var query) is { } error)
        {
            Assert.Equal(400, error.Status);
            return;
        }

        Assert.True(QueryText.IsWellFormed(query.Rest));
        Assert.InRange(query.Received ?? 0, 0, long.MaxValue / 2);
        Assert.All(
            query.Rest.Split('&', StringSplitOptions.RemoveEmptyEntries),
            pair => Assert.Contains(pair, text, StringComparison.Ordinal));
        Assert.DoesNotContain(query.Rest.Split('&'), pair => pair.StartsWith("ns=", StringComparison.Ordinal));
    });

    [Fact]
    public void Location_ComesBackAsItWentOut() => AlmostRight.Texts(Queries, 10_000, text =>
    {
        if (UploadQuery.TryParse(text, out var query) is null && !query.Rest.Contains("received", StringComparison.Ordinal))
        {
            var again = "?" + UploadQuery.Of(new UploadSession("a", query.Rest), 42, ns: null);

            Assert.Null(UploadQuery.TryParse(again, out var back));
            Assert.Equal((query.Rest, 42), (back.Rest, back.Received));
        }
    });
}
