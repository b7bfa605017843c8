using FastEcrProxy.Clients;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

public sealed class CredentialMemoryTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void MoreThanItHolds_ForgetsAndGoesOn()
    {
        var memory = new CredentialMemory(TimeSpan.FromMinutes(1), _time);

        for (var i = 0; i < 25_000; i++)
        {
            memory.Remember($"user{i}", "password", new Caller($"user{i}", ClientWay.Basic));
            Assert.Equal($"user{i}", memory.Recall($"user{i}", "password")?.Name);
        }

        Assert.Null(memory.Recall("user0", "password"));
    }

    [Fact]
    public void WhoIsTooOld_MakesRoomForOthersBeforeAnybodyElse()
    {
        var memory = new CredentialMemory(TimeSpan.FromMinutes(1), _time);
        for (var i = 0; i < 9_999; i++)
        {
            memory.Remember($"old{i}", "password", Caller.Anonymous);
        }

        _time.Advance(TimeSpan.FromSeconds(59));
        memory.Remember("young", "password", Caller.Anonymous);
        _time.Advance(TimeSpan.FromSeconds(1));
        memory.Remember("new", "password", Caller.Anonymous);

        Assert.NotNull(memory.Recall("young", "password"));
        Assert.Null(memory.Recall("old1", "password"));
    }
}
