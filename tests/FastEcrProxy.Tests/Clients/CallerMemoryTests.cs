using FastEcrProxy.Clients;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

public sealed class CallerMemoryTests
{
    private static readonly Caller Somebody = new("ci:somebody", ClientWay.Jwt);

    private readonly FakeTimeProvider _time = new();
    private readonly CallerMemory _memory;

    public CallerMemoryTests() => _memory = new CallerMemory(_time);

    [Fact]
    public void WhatWasNotShown_IsNotKnown()
    {
        _memory.Remember("a.b.c", Somebody, TimeSpan.FromHours(1));

        Assert.Same(Somebody, _memory.Recall("a.b.c"));
        Assert.Null(_memory.Recall("a.b.C"));
        Assert.Null(_memory.Recall("a.b.c "));
    }

    [Fact]
    public void WhatLastsNoTime_WasNeverKnown()
    {
        _memory.Remember("a.b.c", Somebody, TimeSpan.Zero);

        Assert.Null(_memory.Recall("a.b.c"));
    }

    [Fact]
    public void Clear_ForgetsEverybody()
    {
        _memory.Remember("a.b.c", Somebody, TimeSpan.FromHours(1));

        _memory.Clear();

        Assert.Null(_memory.Recall("a.b.c"));
    }

    [Fact]
    public void WhatIsOver_MakesRoomBeforeAnythingElse()
    {
        _memory.Remember("lasting", Somebody, TimeSpan.FromMinutes(5));
        for (var i = 1; i < CallerMemory.EntriesMax; i++)
        {
            _memory.Remember($"short {i}", Somebody, TimeSpan.FromMinutes(1));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        _memory.Remember("next", Somebody, TimeSpan.FromMinutes(5));

        Assert.Equal(2, _memory.Count);
        Assert.NotNull(_memory.Recall("lasting"));
        Assert.Null(_memory.Recall("short 1"));
    }

    [Fact]
    public void MoreThanItHolds_ForgetsAndGoesOn()
    {
        for (var i = 0; i < 3 * CallerMemory.EntriesMax; i++)
        {
            _memory.Remember($"user{i}", new Caller($"user{i}", ClientWay.Basic), TimeSpan.FromMinutes(1));
            Assert.Equal($"user{i}", _memory.Recall($"user{i}")?.Name);
            Assert.True(_memory.Count <= CallerMemory.EntriesMax);
        }

        Assert.Null(_memory.Recall("user0"));
    }
}
