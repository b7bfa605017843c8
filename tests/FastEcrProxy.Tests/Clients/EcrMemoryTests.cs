using CsCheck;
using FastEcrProxy.Clients;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

public sealed class EcrMemoryTests : IDisposable
{
    private const string Token = "no token says when it ends";

    private static readonly EcrCallerOptions Options = new();

    private readonly FakeTimeProvider _time = new();
    private readonly EcrMemory<string> _memory;
    private EcrAnswer _ecr = EcrAnswer.Yes;
    private int _asked;

    public EcrMemoryTests() => _memory = new EcrMemory<string>(Options, _time);

    public void Dispose() => _memory.Dispose();

    [Fact]
    public async Task Yes_IsAskedForOnce_UntilItIsNoLongerBelieved()
    {
        await AskAsync();
        _time.Advance(Options.Remember - TimeSpan.FromTicks(1));
        await AskAsync();
        var before = _asked;

        _time.Advance(TimeSpan.FromTicks(1));
        var after = await AskAsync();

        Assert.Equal((EcrAnswer.Yes, 1, 2), (after, before, _asked));
    }

    [Fact]
    public async Task TakenAway_LetsNobodyInAfterTheTime()
    {
        await AskAsync();
        _ecr = EcrAnswer.No;
        var still = await AskAsync();
        _time.Advance(Options.Remember);

        var after = await AskAsync();

        Assert.Equal((EcrAnswer.Yes, EcrAnswer.No), (still, after));
    }

    [Fact]
    public async Task No_IsRememberedForAMoment()
    {
        _ecr = EcrAnswer.No;
        await AskAsync();
        _ecr = EcrAnswer.Yes;
        var still = await AskAsync();
        _time.Advance(Options.RememberRefusal);

        var after = await AskAsync();

        Assert.Equal((EcrAnswer.No, EcrAnswer.Yes, 2), (still, after, _asked));
    }

    [Fact]
    public async Task NoAnswer_LetsInWhoWasLetInBefore_AndNobodyElse()
    {
        await AskAsync("known");
        _time.Advance(Options.Remember);
        _ecr = EcrAnswer.Unknown;

        Assert.Equal(EcrAnswer.Yes, await AskAsync("known"));
        Assert.Equal(EcrAnswer.Unknown, await AskAsync("stranger"));
        _time.Advance(Options.RememberIfDown - Options.Remember);
        Assert.Equal(EcrAnswer.Unknown, await AskAsync("known"));
    }

    [Fact]
    public async Task NoAnswer_DoesNotLastLongerThanTheTokenSays()
    {
        var token = EcrTokenTextTests.TokenEnding(_time.GetUtcNow() + TimeSpan.FromHours(1));
        await AskAsync(token: token);
        _ecr = EcrAnswer.Unknown;
        _time.Advance(TimeSpan.FromMinutes(59));
        var before = await AskAsync(token: token);
        _time.Advance(TimeSpan.FromMinutes(1));

        var after = await AskAsync(token: token);

        Assert.Equal((EcrAnswer.Yes, EcrAnswer.Unknown), (before, after));
    }

    [Fact]
    public async Task TokenThatHasEndedByItsOwnWord_IsAskedAbout()
    {
        var token = EcrTokenTextTests.TokenEnding(_time.GetUtcNow() + TimeSpan.FromMinutes(1));
        await AskAsync(token: token);
        _ecr = EcrAnswer.No;
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal(EcrAnswer.No, await AskAsync(token: token));
    }

    [Fact]
    public async Task TokenThatClaimsALongLife_DoesNotLastLongerForIt()
    {
        var token = EcrTokenTextTests.TokenEnding(_time.GetUtcNow() + TimeSpan.FromDays(3650));
        await AskAsync(token: token);
        _ecr = EcrAnswer.Unknown;
        _time.Advance(Options.RememberIfDown);

        Assert.Equal(EcrAnswer.Unknown, await AskAsync(token: token));
    }

    [Fact]
    public async Task NoSinceTheLastYes_IsNotForgottenWhenNobodyAnswersAnyMore()
    {
        await AskAsync();
        _time.Advance(Options.Remember);
        _ecr = EcrAnswer.No;
        await AskAsync();
        _time.Advance(Options.RememberRefusal);
        _ecr = EcrAnswer.Unknown;

        Assert.Equal(EcrAnswer.Unknown, await AskAsync());
    }

    [Fact]
    public async Task WhileNobodyAnswers_OneInAWhileWaitsForIt()
    {
        await AskAsync();
        _time.Advance(Options.Remember);
        _ecr = EcrAnswer.Unknown;
        await AskAsync();
        await AskAsync();
        var first = _asked;
        _time.Advance(Options.PauseIfDown);

        await AskAsync();

        Assert.Equal((2, 3), (first, _asked));
    }

    [Fact]
    public async Task FiftyAtOnce_AskOnce()
    {
        var gate = new TaskCompletionSource<EcrAnswer>();
        var asked = 0;

        var waiting = Enumerable.Range(0, 50).Select(_ => _memory.OfAsync("a", Token, Gated, CancellationToken.None).AsTask()).ToArray();
        gate.SetResult(EcrAnswer.Yes);
        var answers = await Task.WhenAll(waiting);

        Assert.All(answers, answer => Assert.Equal(EcrAnswer.Yes, answer));
        Assert.Equal(1, asked);

        ValueTask<EcrAnswer> Gated(CancellationToken stop)
        {
            asked++;
            return new(gate.Task);
        }
    }

    [Fact]
    public async Task WhoLeaves_TakesNobodysAnswerAlong()
    {
        var gate = new TaskCompletionSource<EcrAnswer>();
        using var leaves = new CancellationTokenSource();
        var leaver = _memory.OfAsync("a", Token, _ => new(gate.Task), leaves.Token).AsTask();
        var other = _memory.OfAsync("a", Token, _ => throw new InvalidOperationException(), CancellationToken.None).AsTask();

        await leaves.CancelAsync();
        gate.SetResult(EcrAnswer.Yes);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => leaver);
        Assert.Equal(EcrAnswer.Yes, await other);
    }

    [Fact]
    public async Task ManyCallers_ForgetTheOldest_AndRefusedOnesPushOutNobody()
    {
        using var small = new EcrMemory<int>(Options with { KnownMax = 100 }, _time);
        for (var i = 0; i < 1000; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await small.OfAsync(i, Token, _ => new(EcrAnswer.Yes), CancellationToken.None);
            Assert.InRange(small.Count, 1, 100);
        }

        for (var i = 1000; i < 30_000; i++)
        {
            await small.OfAsync(i, Token, _ => new(EcrAnswer.No), CancellationToken.None);
        }

        Assert.Equal(EcrAnswer.Yes, small.Remembered(999));
        Assert.Null(small.Remembered(0));
        Assert.Null(small.Remembered(1000));
    }

    /// <summary>A step: how long it takes, and what ECR would say after it. Somebody asks after each.</summary>
    [Fact]
    public void WhoeverIsLetIn_WasAllowedWithinTheTime() => Gen.Select(Gen.Int[0, 400], Gen.Int[0, 2]).Array[1, 60].Sample(steps =>
    {
        var time = new FakeTimeProvider();
        var options = new EcrCallerOptions { Remember = TimeSpan.FromSeconds(300), RememberIfDown = TimeSpan.FromSeconds(1500) };
        using var memory = new EcrMemory<string>(options, time);
        DateTimeOffset? allowed = null; // when ECR itself last said so
        var isAway = false; // by what it said last
        foreach (var (seconds, word) in steps)
        {
            time.Advance(TimeSpan.FromSeconds(seconds));
            var ecr = (EcrAnswer)word;
            var isAsked = false;
            var answer = memory.OfAsync("a", Token, _ => Say(ecr), CancellationToken.None).AsTask().Result;
            if (isAsked)
            {
                isAway = ecr is EcrAnswer.Unknown;
                allowed = ecr switch { EcrAnswer.Yes => time.GetUtcNow(), EcrAnswer.No => null, _ => allowed };
            }

            var window = isAway ? options.RememberIfDown : options.Remember;
            Assert.False(answer is EcrAnswer.Yes && !(time.GetUtcNow() - allowed < window), "let in too long after it was allowed");
            Assert.False(answer is EcrAnswer.Yes && isAsked && ecr is EcrAnswer.No, "let in against ECR's word");
            Assert.False(answer is EcrAnswer.No && isAsked && ecr is not EcrAnswer.No, "refused without ECR's word");

            ValueTask<EcrAnswer> Say(EcrAnswer said)
            {
                isAsked = true;
                return new(said);
            }
        }
    });

    private async Task<EcrAnswer> AskAsync(string key = "a", string token = Token) => await _memory.OfAsync(
        key,
        token,
        _ =>
        {
            _asked++;
            return new(_ecr);
        },
        CancellationToken.None);
}
