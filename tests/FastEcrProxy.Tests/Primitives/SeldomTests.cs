using FastEcrProxy.Primitives;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Primitives;

public sealed class SeldomTests
{
    [Fact]
    public void Flood_PassesOnceInAWhileWithItsCount()
    {
        var time = new FakeTimeProvider();
        var seldom = new Seldom(TimeSpan.FromSeconds(10), time);
        var passed = new List<long>();

        for (var i = 0; i < 250; i++)
        {
            if (seldom.TryPass(out var count))
            {
                passed.Add(count);
            }

            time.Advance(TimeSpan.FromSeconds(0.1));
        }

        Assert.Equal([1, 100, 100], passed);
    }
}
