using FastEcrProxy.Clients;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

public sealed class VerifiedTokensTests
{
    private static readonly Caller Somebody = new("ci:somebody", ClientWay.Jwt);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void OtherTokens_AreNotKnown()
    {
        var tokens = new VerifiedTokens(_time);
        tokens.Remember("a.b.c", Somebody, TimeSpan.FromHours(1));

        Assert.Same(Somebody, tokens.Recall("a.b.c"));
        Assert.Null(tokens.Recall("a.b.C"));
        Assert.Null(tokens.Recall("a.b.c "));
    }

    [Fact]
    public void TokenThatIsOver_WasNeverKnown()
    {
        var tokens = new VerifiedTokens(_time);
        tokens.Remember("a.b.c", Somebody, TimeSpan.Zero);

        Assert.Null(tokens.Recall("a.b.c"));
    }

    [Fact]
    public void NoMoreAreKeptThanThereIsRoomFor()
    {
        var tokens = new VerifiedTokens(_time);
        tokens.Remember("lasting", Somebody, TimeSpan.FromMinutes(5));
        for (var i = 1; i < VerifiedTokens.EntriesMax; i++)
        {
            tokens.Remember($"short {i}", Somebody, TimeSpan.FromMinutes(1));
        }

        _time.Advance(TimeSpan.FromMinutes(1));
        tokens.Remember("next", Somebody, TimeSpan.FromMinutes(5));
        Assert.Equal(2, tokens.Count); // what was over has made room
        Assert.NotNull(tokens.Recall("lasting"));

        for (var i = 0; i < 3 * VerifiedTokens.EntriesMax; i++)
        {
            tokens.Remember($"another {i}", Somebody, TimeSpan.FromMinutes(5));
            Assert.True(tokens.Count <= VerifiedTokens.EntriesMax);
        }
    }
}
