using System.Net;
using CsCheck;
using FastEcrProxy.Clients;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

public sealed class SealedCredentialsTests : IDisposable
{
    private const string Secret = "a secret of at least thirty-two characters";

    private static readonly ClientProof Nothing = new(IPAddress.Loopback);

    private readonly FakeTimeProvider _time = new();
    private readonly SealedCredentials _tokens;

    public SealedCredentialsTests() => _tokens = new SealedCredentials(null, _time);

    public void Dispose() => _tokens.Dispose();

    [Fact]
    public void AnyCredentials_ComeBackAsTheyWere() => Gen.Select(Gen.String[Gen.Char.AlphaNumeric, 0, 20], Gen.String).Sample(
        (user, text) =>
        {
            var password = new string([.. text.Where(static letter => !char.IsSurrogate(letter))]);

            Assert.True(_tokens.TryOpen(_tokens.Seal(user, password), Nothing with { Bearer = "x" }, out var opened));

            Assert.Equal(Nothing with { User = user, Password = password }, opened);
        });

    [Fact]
    public void TokenOfWhoShowedNothing_ShowsNothing()
    {
        Assert.True(_tokens.TryOpen(_tokens.Seal(null, null), Nothing, out var opened));

        Assert.False(opened.HasCredentials);
    }

    [Fact]
    public void TokenWithAnyLetterChanged_IsNone()
    {
        var token = _tokens.Seal("user", "password");
        for (var i = 0; i < token.Length; i++)
        {
            var changed = string.Concat(token.AsSpan(0, i), token[i] == 'A' ? "B" : "A", token.AsSpan(i + 1));

            // The last letter of Base64 may have bits that mean nothing; then the token is the same.
            Assert.True(!_tokens.TryOpen(changed, Nothing, out var opened) || (i == token.Length - 1 && opened.User == "user"), changed);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("fep1.")]
    [InlineData("fep1.AAAA")]
    [InlineData("fep1.!!!!")]
    [InlineData("fep2.AAAA")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public void SomethingElse_IsNoToken(string token) => Assert.False(_tokens.TryOpen(token, Nothing, out _));

    [Fact]
    public void Token_IsGoodUntilItsTimeIsOver()
    {
        var token = _tokens.Seal("user", "password");
        _time.Advance(SealedCredentials.Lasting - TimeSpan.FromSeconds(1));
        Assert.True(_tokens.TryOpen(token, Nothing, out _));

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.False(_tokens.TryOpen(token, Nothing, out _));
    }

    [Fact]
    public void ProxiesWithOneSecret_TakeEachOthersTokens()
    {
        using var one = new SealedCredentials(Secret, _time);
        using var other = new SealedCredentials(Secret, _time);
        using var stranger = new SealedCredentials(Secret + ".", _time);
        var token = one.Seal("user", "password");

        Assert.True(other.TryOpen(token, Nothing, out _));
        Assert.False(stranger.TryOpen(token, Nothing, out _));
        Assert.False(_tokens.TryOpen(token, Nothing, out _));
    }
}
