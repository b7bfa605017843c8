using System.Net;
using FastEcrProxy.Clients;
using FastEcrProxy.Http;
using FastEcrProxy.Tests.Observability;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Http;

public sealed class RequestRatesTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly MeasuredValues _measured = new();
    private readonly LogOf<LimitReports> _log = new();

    public void Dispose() => _measured.Dispose();

    [Fact]
    public void Address_HasItsBurstAndThenA429ThatIsTrue()
    {
        var rates = Rates(new LimitOptions { RequestsPerAddress = 1, RequestBurst = 3 });
        var http = From("10.0.0.1");

        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(rates.CheckAddress(http, Record())));
        var error = rates.CheckAddress(http, Record());

        Assert.Equal((429, "TOOMANYREQUESTS", TimeSpan.FromSeconds(1)), (error?.Status, error?.Code, error?.RetryAfter));
        Assert.Null(rates.CheckAddress(From("10.0.0.2"), Record()));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(rates.CheckAddress(http, Record()));
    }

    [Fact]
    public void User_IsTheSameFromEverywhereAndAnotherByAnotherWay()
    {
        var rates = Rates(new LimitOptions { RequestsPerUser = 1, RequestBurst = 1 });
        var alice = new Caller("alice", ClientWay.Basic);

        Assert.Null(rates.CheckUser(From("10.0.0.1"), Record(alice)));

        Assert.Equal(429, rates.CheckUser(From("10.0.0.2"), Record(alice))?.Status);
        Assert.Null(rates.CheckUser(From("10.0.0.2"), Record(new Caller("bob", ClientWay.Basic))));
        Assert.Null(rates.CheckUser(From("10.0.0.2"), Record(new Caller("alice", ClientWay.Jwt))));
    }

    [Fact]
    public void WhoIsNobody_HasNoUsersLimit()
    {
        var rates = Rates(new LimitOptions { RequestsPerUser = 1, RequestBurst = 1 });

        for (var i = 0; i < 5; i++)
        {
            Assert.Null(rates.CheckUser(From("10.0.0.1"), Record()));
            Assert.Null(rates.CheckUser(From("10.0.0.1"), Record(Caller.Anonymous)));
        }
    }

    [Fact]
    public void Flood_IsCountedAndToldOfSeldom()
    {
        var rates = Rates(new LimitOptions { RequestsPerAddress = 1, RequestBurst = 1 });
        var http = From("10.0.0.1");
        var record = Record(new Caller("al\nice", ClientWay.Basic));
        rates.CheckAddress(http, record);

        for (var i = 0; i < 100; i++)
        {
            rates.CheckAddress(http, record);
        }

        Assert.Equal(Enumerable.Repeat("fastecr.limited{limit=addressrequests} 1", 100), _measured.Recorded());
        Assert.Contains("al?ice (10.0.0.1) was over Limits.RequestsPerAddress", Assert.Single(_log.Lines), StringComparison.Ordinal);
        Assert.True(record.IsLimited);
    }

    private static HttpContext From(string address)
    {
        var http = new DefaultHttpContext();
        http.Connection.RemoteIpAddress = IPAddress.Parse(address);
        return http;
    }

    private RequestRates Rates(LimitOptions options) => new(options, new LimitReports(_measured.Metrics, _time, _log), _time);

    private RequestRecord Record(Caller? caller = null) => new(_time) { Caller = caller };
}
