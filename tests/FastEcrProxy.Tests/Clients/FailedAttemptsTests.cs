using System.Net;
using FastEcrProxy.Clients;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

public sealed class FailedAttemptsTests
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);
    private static readonly IPAddress Address = IPAddress.Parse("192.0.2.7");

    private readonly FakeTimeProvider _time = new();
    private int _shown;

    [Fact]
    public void AsManyAsAreAllowed_BlockTheAddressForTheRestOfTheWindow()
    {
        var attempts = new FailedAttempts(3, Window, _time);
        Fail(attempts, Address);
        _time.Advance(TimeSpan.FromMinutes(1));
        Fail(attempts, Address);
        Assert.Null(attempts.BlockedFor(Address));

        Fail(attempts, Address);

        Assert.Equal(TimeSpan.FromMinutes(4), attempts.BlockedFor(Address));
        Assert.Null(attempts.BlockedFor(IPAddress.Parse("192.0.2.8")));
    }

    [Fact]
    public void AfterTheWindow_NothingIsHeldAgainstTheAddress()
    {
        var attempts = new FailedAttempts(1, Window, _time);
        Fail(attempts, Address);

        _time.Advance(Window);

        Assert.Null(attempts.BlockedFor(Address));
        Assert.Equal(TimeSpan.FromMilliseconds(100), Fail(attempts, Address));
    }

    [Fact]
    public void EachFailure_IsToldLaterThanTheOneBefore()
    {
        var attempts = new FailedAttempts(100, Window, _time);

        double[] delays = [.. Enumerable.Range(0, 7).Select(_ => Fail(attempts, Address).TotalMilliseconds)];

        Assert.Equal([100, 200, 400, 800, 1600, 2000, 2000], delays);
    }

    [Fact]
    public void Zero_BlocksNobody()
    {
        var attempts = new FailedAttempts(0, Window, _time);
        for (var i = 0; i < 100; i++)
        {
            Fail(attempts, Address);
        }

        Assert.Null(attempts.BlockedFor(Address));
    }

    [Fact]
    public void AddressesOfOneIpv6Network_CountAsOne()
    {
        var attempts = new FailedAttempts(2, Window, _time);
        Fail(attempts, IPAddress.Parse("2001:db8:1:2::1"));
        Fail(attempts, IPAddress.Parse("2001:db8:1:2:ffff::9"));

        Assert.NotNull(attempts.BlockedFor(IPAddress.Parse("2001:db8:1:2::77")));
        Assert.Null(attempts.BlockedFor(IPAddress.Parse("2001:db8:1:3::1")));
    }

    [Fact]
    public void MoreAddressesThanAreKept_ForgetThoseThatFailedLeast()
    {
        var attempts = new FailedAttempts(2, Window, _time);
        Fail(attempts, Address);
        Fail(attempts, Address);

        for (var i = 0; i < 30_000; i++)
        {
            Fail(attempts, new IPAddress(i));
        }

        Assert.NotNull(attempts.BlockedFor(Address));
    }

    [Fact]
    public void SameCredentialsAgain_AreNoFurtherAttempt()
    {
        var attempts = new FailedAttempts(2, Window, _time);
        for (var i = 0; i < 50; i++)
        {
            attempts.Failed(Address, KeyedPrint.Of("of yesterday"));
        }

        Assert.Null(attempts.BlockedFor(Address));
        attempts.Failed(Address, KeyedPrint.Of("of the day before"));
        Assert.NotNull(attempts.BlockedFor(Address));
    }

    /// <summary>With something that was not shown before.</summary>
    private TimeSpan Fail(FailedAttempts attempts, IPAddress address) => attempts.Failed(address, KeyedPrint.Of($"{_shown++}"));
}
