using CsCheck;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Http;

public sealed class RecentRoutesTests
{
    private readonly RecentRoutes _routes = new();

    [Fact]
    public void Target_HasTheRouteThatItWasAddedWith()
    {
        const string Target = "/v2/team/app/manifests/v1?ns=docker.io";
        _routes.Add(Target, RouteOf(Target));

        Assert.True(_routes.TryGet(new string(Target.AsSpan()), out var route));
        Assert.Equal(RouteOf(Target), route);
        Assert.False(_routes.TryGet("/v2/team/app/manifests/v2?ns=docker.io", out _));
    }

    [Fact]
    public void Digests_ThatDifferInTheirLastDigitsOnly_AreToldApart()
    {
        var targets = Enumerable.Range(0, 4096).Select(i => $"/v2/app/blobs/sha256:{i:x64}").ToArray();
        foreach (var target in targets)
        {
            _routes.Add(target, RouteOf(target));
        }

        var kept = targets.Where(target => _routes.TryGet(target, out var route) && route == RouteOf(target)).Count();

        Assert.InRange(kept, 400, 512); // without their last digits there would be 256 of them
    }

    [Theory]
    [InlineData("")]
    [InlineData("/v2")]
    public void TooShortATarget_IsReadEachTime(string target)
    {
        _routes.Add(target, new OciRoute(RouteKind.Ping));

        Assert.False(_routes.TryGet(target, out _));
    }

    [Fact]
    public void ShortestTarget_IsKept()
    {
        _routes.Add("/v2/", RouteOf("/v2/"));

        Assert.True(_routes.TryGet("/v2/", out var route));
        Assert.Equal(RouteKind.Ping, route.Kind);
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void LongTargets_TakeNoMemory(int length, bool isKept)
    {
        var target = $"/v2/{new string('a', 200)}/tags/list?n=".PadRight(length, '1');
        _routes.Add(target, RouteOf(target));

        Assert.Equal(isKept, _routes.TryGet(target, out _));
    }

    [Fact]
    public void UploadInProgress_PushesOutNothing()
    {
        const string Target = "/v2/app/blobs/uploads/3f5c";
        _routes.Add(Target, RouteOf(Target));

        Assert.False(_routes.TryGet(Target, out _));
    }

    /// <summary>What shares a place pushes out what was there, and is never taken for it.</summary>
    [Fact]
    public void WhatIsFound_IsNeverAnothersRoute() =>
        Gen.Int[0, 5000].Array[1, 200].Sample(static numbers =>
        {
            var routes = new RecentRoutes();
            foreach (var number in numbers)
            {
                var target = $"/v2/r{number}/manifests/{number}";
                if (routes.TryGet(target, out var route) && route != RouteOf(target))
                {
                    return false;
                }

                routes.Add(target, RouteOf(target));
                if (!routes.TryGet(target, out route) || route != RouteOf(target))
                {
                    return false;
                }
            }

            return true;
        });

    private static OciRoute RouteOf(string target)
    {
        Assert.Null(OciRoute.TryParse(RequestTarget.PathOf(target), out var route));
        return route;
    }
}
