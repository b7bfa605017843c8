using System.Net;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

/// <summary>Keys of an issuer come, change and stay in use, at the price of few questions.</summary>
public sealed class IssuerKeysTests : IDisposable
{
    private readonly JwtRig _rig = new();

    [Fact]
    public void ManyTokens_CostOneQuestion()
    {
        for (var i = 0; i < 20; i++)
        {
            var claims = _rig.Claims;
            claims["jti"] = $"{i}";
            Assert.NotNull(_rig.Recognise(_rig.Issuer.Sign(claims)).Caller);
        }

        Assert.Equal(["/.well-known/openid-configuration", "/keys"], _rig.Fetched);
        Assert.Equal([8020], _rig.Log.Ids);
    }

    [Fact]
    public async Task ManyTokensAtOnce_CostOneQuestion()
    {
        var held = new TaskCompletionSource();
        _rig.Held = held.Task;
        var proofs = Enumerable.Range(0, 20).Select(_ => new ClientProof(IPAddress.Loopback, Bearer: _rig.Issuer.Sign(_rig.Claims)));

        var asking = proofs.Select(_rig.RecogniseAsync).ToList();
        held.SetResult();

        Assert.All(await Task.WhenAll(asking), recognition => Assert.NotNull(recognition.Caller));
        Assert.Equal(2, _rig.Fetched.Count);
    }

    [Fact]
    public void NewKey_IsHadWhenATokenNamesIt()
    {
        Known("rsa");
        _rig.Issuer.AddEc("new", "P-256");
        Assert.NotNull(Recognise("new", "ES256").Refusal); // not so soon after the last question

        _rig.Time.Advance(KeyTimes.OfIssuer.Again);

        Assert.NotNull(Recognise("new", "ES256").Caller);
        Assert.Equal(4, _rig.Fetched.Count);
        Assert.Equal([8020, 8020], _rig.Log.Ids);
    }

    [Fact]
    public void UnknownKeys_CostOneQuestionInTenSeconds()
    {
        Known("rsa");
        for (var i = 0; i < 100; i++)
        {
            _rig.Recognise(_rig.Issuer.Sign(_rig.Claims.ToJsonString(), $$"""{"alg":"RS256","kid":"made-up-{{i}}"}"""));
        }

        Assert.Equal(2, _rig.Fetched.Count);
    }

    [Fact]
    public void WithdrawnKey_IsNotKnownAfterTheNextQuestion()
    {
        _rig.Issuer.AddRsa("other");
        Known("rsa");
        _rig.Issuer.Withdraw("rsa");
        _rig.Time.Advance(KeyTimes.OfIssuer.Refresh);

        Assert.NotNull(Recognise("rsa").Caller); // asked beside this one
        Assert.Contains("a key that the issuer does not have", Recognise("rsa").Refusal, StringComparison.Ordinal);
        Assert.Equal(4, _rig.Fetched.Count);
    }

    [Fact]
    public void KeysThatNobodyHasAskedAboutForLong_AreAskedForFirst()
    {
        _rig.Issuer.AddRsa("other");
        Known("rsa");
        _rig.Issuer.Withdraw("rsa");
        _rig.Time.Advance(KeyTimes.OfIssuer.Stale);

        Assert.NotNull(Recognise("rsa").Refusal);
    }

    [Fact]
    public void IssuerThatIsDownBeforeItsKeysAreKnown_LeavesItUndecided()
    {
        _rig.IsDown = true;

        var recognition = Recognise("rsa");

        Assert.Equal("Tokens of ci cannot be checked: It is down.", recognition.Trouble);
        Assert.Null(recognition.Refusal);
        Recognise("rsa");
        Assert.Single(_rig.Fetched);
        Assert.Equal([8022], _rig.Log.Ids);
    }

    [Fact]
    public void IssuerThatComesBack_IsAskedAgainTenSecondsLater()
    {
        _rig.IsDown = true;
        Recognise("rsa");
        _rig.IsDown = false;
        Assert.NotNull(Recognise("rsa").Trouble);

        _rig.Time.Advance(KeyTimes.OfIssuer.Again);

        Known("rsa");
    }

    [Fact]
    public void IssuerThatIsDownLater_CostsNothingButItsNewKeys()
    {
        Known("rsa");
        _rig.IsDown = true;
        _rig.Issuer.AddEc("new", "P-256");
        for (var hours = 0; hours < 5; hours++)
        {
            _rig.Time.Advance(KeyTimes.OfIssuer.Stale);
            Known("rsa");
        }

        Assert.NotNull(Recognise("new", "ES256").Refusal);
        Assert.Equal([8020, 8022], _rig.Log.Ids); // one line for all of the outage

        _rig.IsDown = false;
        _rig.Issuer.Withdraw("new");
        _rig.Time.Advance(KeyTimes.OfIssuer.Stale);
        Known("rsa");
        Assert.Equal([8020, 8022, 8021], _rig.Log.Ids);
    }

    [Fact]
    public async Task IssuerThatStaysDown_IsWaitedForOnceOnly()
    {
        Known("rsa");
        _rig.IsDown = true;
        _rig.Time.Advance(KeyTimes.OfIssuer.Stale);
        Known("rsa");
        _rig.Time.Advance(KeyTimes.OfIssuer.Again);
        _rig.Held = new TaskCompletionSource().Task; // from now on it does not even say no

        var asking = _rig.RecogniseAsync(new ClientProof(IPAddress.Loopback, Bearer: _rig.Issuer.Sign(_rig.Claims)));

        Assert.True(asking.IsCompleted);
        Assert.NotNull((await asking).Caller);
        Assert.Equal(4, _rig.Fetched.Count);
    }

    [Fact]
    public async Task ProxyThatStops_LeavesItUndecided()
    {
        _rig.Held = new TaskCompletionSource().Task;
        var waiting = _rig.RecogniseAsync(new ClientProof(IPAddress.Loopback, Bearer: _rig.Issuer.Sign(_rig.Claims)));

        _rig.Dispose();

        Assert.Equal("The proxy is stopping.", (await waiting).Trouble);
    }

    public void Dispose() => _rig.Dispose();

    private Recognition Recognise(string key, string algorithm = "RS256")
    {
        var claims = _rig.Claims;
        claims["jti"] = Guid.NewGuid().ToString(); // a token that was not seen before
        return _rig.Recognise(_rig.Issuer.Sign(claims, key, algorithm));
    }

    private void Known(string key) => Assert.NotNull(Recognise(key).Caller);
}
