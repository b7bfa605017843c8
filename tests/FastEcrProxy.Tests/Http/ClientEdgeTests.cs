using System.Net;
using FastEcrProxy.Http;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Tests.Http;

public sealed class ClientEdgeTests
{
    private static readonly IPNetwork[] Balancers = [IPNetwork.Parse("10.0.0.0/24"), IPNetwork.Parse("2001:db8:1::/64")];

    /// <summary>Who is connected, what stands in X-Forwarded-For, and who the client is.</summary>
    public static TheoryData<string, string[], string> Clients => new()
    {
        { "10.0.0.1", [], "10.0.0.1" },
        { "10.0.0.1", [""], "10.0.0.1" },
        { "10.0.0.1", ["192.0.2.1"], "192.0.2.1" },
        { "::ffff:10.0.0.1", ["192.0.2.1"], "192.0.2.1" },
        { "10.0.0.1", ["::ffff:192.0.2.1"], "192.0.2.1" },
        { "2001:db8:1::9", ["2001:db8::1"], "2001:db8::1" },
        { "10.0.0.1", ["203.0.113.9, 192.0.2.1"], "192.0.2.1" },                      // the left one is the client's own word
        { "10.0.0.1", ["203.0.113.9, 192.0.2.1,10.0.0.2 , 10.0.0.3"], "192.0.2.1" },
        { "10.0.0.1", ["203.0.113.9", "192.0.2.1", "10.0.0.2"], "192.0.2.1" },
        { "10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3" },
        { "10.0.0.1", ["192.0.2.1:56324"], "192.0.2.1" },
        { "10.0.0.1", ["[2001:db8::1]:56324"], "2001:db8::1" },
        { "10.0.0.1", ["[2001:db8::1]"], "2001:db8::1" },
        { "10.0.0.1", ["192.0.2.1, unknown"], "10.0.0.1" },
        { "10.0.0.1", ["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2" },
        { "10.0.0.1", ["192.0.2.1, 1"], "10.0.0.1" },
        { "10.0.0.1", ["192.0.2.1, "], "10.0.0.1" },
        { "10.0.0.1", ["fe80::1%eth0"], "10.0.0.1" },
        { "10.0.1.1", ["192.0.2.1"], "10.0.1.1" }, // no balancer
        { "2001:db8:2::9", ["192.0.2.1"], "2001:db8:2::9" },
        { "::ffff:10.0.1.1", ["192.0.2.1"], "10.0.1.1" },
    };

    [Theory, MemberData(nameof(Clients))]
    public void Client_IsTheFirstFromTheRightThatIsNoBalancer(string peer, string[] forwarded, string client)
    {
        var http = Request(peer);
        http.Request.Headers["X-Forwarded-For"] = forwarded;

        new ClientEdge(Balancers).Settle(http);

        Assert.Equal(client, http.Connection.RemoteIpAddress?.ToString());
    }

    [Fact]
    public void NobodyTrusted_IsBelieved()
    {
        var http = Request("10.0.0.1");
        http.Request.Headers["X-Forwarded-For"] = "192.0.2.1";
        http.Request.Headers["X-Forwarded-Proto"] = "https";

        new ClientEdge([], TimeSpan.FromDays(1)).Settle(http);

        Assert.Equal(("10.0.0.1", 4711), (http.Connection.RemoteIpAddress?.ToString(), http.Connection.RemotePort));
        Assert.Equal("http", http.Request.Scheme);
    }

    [Theory]
    [InlineData("Forwarded", "for=192.0.2.1;proto=https")]
    [InlineData("X-Real-IP", "192.0.2.1")]
    public void OtherHeaders_AreNotRead(string name, string value)
    {
        var http = Request("10.0.0.1");
        http.Request.Headers[name] = value;

        new ClientEdge(Balancers).Settle(http);

        Assert.Equal(("10.0.0.1", "http"), (http.Connection.RemoteIpAddress?.ToString(), http.Request.Scheme));
    }

    [Theory]
    [InlineData("10.0.0.1", "http", "https", true)]
    [InlineData("10.0.0.1", "http", "http, HTTPS", true)]
    [InlineData("10.0.0.1", "http", "https, http", false)]
    [InlineData("10.0.0.1", "http", "gopher", false)]
    [InlineData("10.0.0.1", "https", "http", false)]
    [InlineData("10.0.0.1", "https", null, true)]
    [InlineData("10.0.0.1", "http", null, false)]
    [InlineData("192.0.2.1", "http", "https", false)]
    [InlineData("192.0.2.1", "https", "http", true)]
    public void Hsts_IsForClientsThatCameByTls(string peer, string scheme, string? forwarded, bool told)
    {
        var edge = new ClientEdge(Balancers, TimeSpan.FromDays(365));
        var http = Request(peer);
        http.Request.Scheme = scheme;
        http.Request.Headers["X-Forwarded-Proto"] = forwarded;

        edge.Settle(http);
        edge.Begin(http);

        Assert.Equal(told ? "max-age=31536000" : "", http.Response.Headers.StrictTransportSecurity.ToString());
    }

    [Fact]
    public void Hsts_IsNotToldUnlessAskedFor()
    {
        var edge = new ClientEdge(Balancers);
        var http = Request("192.0.2.1");
        http.Request.Scheme = "https";

        edge.Settle(http);
        edge.Begin(http);

        Assert.Empty(http.Response.Headers);
    }

    [Fact]
    public void NobodyTrusted_CostsNothing()
    {
        var edge = new ClientEdge([]);
        var http = Request("192.0.2.1");
        http.Request.Headers["X-Forwarded-For"] = "192.0.2.1";
        edge.Settle(http);

        var before = GC.GetAllocatedBytesForCurrentThread();
        edge.Settle(http);
        edge.Begin(http);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static DefaultHttpContext Request(string peer)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(peer);
        http.Connection.RemotePort = 4711;
        http.Request.Scheme = "http";
        return http;
    }
}
