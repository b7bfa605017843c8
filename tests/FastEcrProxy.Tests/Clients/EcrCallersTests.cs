using System.Net;
using FastEcrProxy.Clients;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

public sealed class EcrCallersTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly List<string> _asked = [];
    private readonly EcrCallers _callers;
    private EcrAnswer _ecr = EcrAnswer.Yes;

    public EcrCallersTests() => _callers = new EcrCallers(
        (token, _) =>
        {
            _asked.Add(token);
            return new(_ecr);
        },
        new EcrCallerOptions(),
        _time);

    public static TheoryData<string?, string?, string?> OtherProofs => new()
    {
        { null, null, null },
        { null, null, "bearer" },
        { "alice", "password", null },
        { "aws", "password", null },
    };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _callers.Dispose();

    [Theory, MemberData(nameof(OtherProofs))]
    public async Task WhoShowsSomethingElse_IsNobodysToAskAbout(string? user, string? password, string? bearer)
    {
        var recognition = await _callers.RecogniseAsync(new ClientProof(IPAddress.Loopback, user, password, bearer), Cancel);

        Assert.Equal(Recognition.Nothing, recognition);
        Assert.Empty(_asked);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(16_385)]
    public async Task WhatCanBeNoToken_IsRefusedWithoutAsking(int length)
    {
        var recognition = await RecogniseAsync(new string('t', length));

        Assert.NotNull(recognition.Refusal);
        Assert.Empty(_asked);
    }

    [Fact]
    public async Task TakenToken_IsACaller_AskedAboutOnce()
    {
        var first = await RecogniseAsync("token");
        var second = await RecogniseAsync("token");

        Assert.Equal(first.Caller!.Name, second.Caller!.Name);
        Assert.Equal(ClientWay.Ecr, first.Caller.Way);
        Assert.Equal(["token"], _asked);
    }

    [Fact]
    public async Task Name_IsTheTokensOwn_TheSameInEveryProcess_AndNothingOfIt()
    {
        var one = (await RecogniseAsync("token one")).Caller!.Name;
        var two = (await RecogniseAsync("token two")).Caller!.Name;

        Assert.NotEqual(one, two);
        Assert.Matches("^ecr:[0-9a-f]{12}$", one);
        Assert.Equal("ecr:a1e7d6223e89", one);
    }

    [Fact]
    public async Task RefusedToken_IsRefused_WithoutATraceOfIt()
    {
        _ecr = EcrAnswer.No;

        var recognition = await RecogniseAsync("a secret");

        Assert.Null(recognition.Caller);
        Assert.DoesNotContain("secret", recognition.Refusal!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EcrAway_KnowsWhoItKnew_AndIsUndecidedAboutOthers()
    {
        await RecogniseAsync("known");
        _time.Advance(TimeSpan.FromHours(1));
        _ecr = EcrAnswer.Unknown;

        Assert.NotNull((await RecogniseAsync("known")).Caller);
        Assert.NotNull((await RecogniseAsync("stranger")).Trouble);
    }

    [Fact]
    public void Key_IsNotTheHashThatIsShown_AndIsPrintedNowhere()
    {
        var key = EcrCallerKey.Of("token", out var name);

        Assert.Equal(key, EcrCallerKey.Of("token"));
        Assert.NotEqual(key, EcrCallerKey.Of("token "));
        Assert.False($"{key.High:x32}{key.Low:x32}".StartsWith(name["ecr:".Length..], StringComparison.Ordinal));
        Assert.Equal("a print of a secret", key.ToString());
    }

    [Fact]
    public async Task RememberedToken_CostsAHandfulOfBytes()
    {
        var proof = new ClientProof(IPAddress.Loopback, EcrCallers.User, new string('t', 4400));
        await _callers.RecogniseAsync(proof, Cancel);
        for (var i = 0; i < 100; i++)
        {
            await _callers.RecogniseAsync(proof, Cancel);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            await _callers.RecogniseAsync(proof, Cancel);
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / 100, 0, 400); // the caller and its name; never the token
    }

    private async Task<Recognition> RecogniseAsync(string token) =>
        await _callers.RecogniseAsync(new ClientProof(IPAddress.Loopback, EcrCallers.User, token), Cancel);
}
