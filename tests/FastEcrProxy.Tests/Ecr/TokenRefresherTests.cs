using FastEcrProxy.Ecr;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Ecr;

public sealed class TokenRefresherTests
{
    private static readonly EcrFailure Down = new(EcrError.Unreachable, "down");

    private readonly FakeTimeProvider _time = new();
    private readonly Notes _log = new();
    private readonly FakeEcrApi _aws;
    private readonly TokenRefresher _refresher;

    public TokenRefresherTests()
    {
        _aws = new FakeEcrApi(_time);
        _refresher = new TokenRefresher(_aws, _time, _log);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void AtStart_ThereIsNothingAndAwsIsNotAsked()
    {
        Assert.Null(_refresher.Current);
        Assert.Null(_refresher.ExpiresAt);
        Assert.Null(_refresher.LastFailure);
        Assert.Equal(0, _aws.Calls);
    }

    [Fact]
    public async Task BeforeHalfItsLife_TheTokenIsKept()
    {
        await _refresher.RefreshIfDueAsync(Cancel);

        _time.Advance(TimeSpan.FromHours(5.3));
        await _refresher.RefreshIfDueAsync(Cancel);

        Assert.Equal("token-1", _refresher.Current?.Header);
        Assert.Equal(1, _aws.Calls);
    }

    [Fact]
    public async Task AfterHalfItsLife_TheTokenIsReplaced()
    {
        await _refresher.RefreshIfDueAsync(Cancel);

        _time.Advance(TimeSpan.FromHours(6.7));
        await _refresher.RefreshIfDueAsync(Cancel);

        Assert.Equal("token-2", _refresher.Current?.Header);
        Assert.Equal(_time.GetUtcNow(), _refresher.Current?.IssuedAt);
        Assert.Equal(_time.GetUtcNow() + _aws.Lifetime, _refresher.ExpiresAt);
    }

    [Fact]
    public async Task RefreshThatFails_KeepsTheOldTokenUntilItIsOver()
    {
        await _refresher.RefreshIfDueAsync(Cancel);
        _aws.Failure = Down;

        _time.Advance(TimeSpan.FromHours(11.9));
        await _refresher.RefreshIfDueAsync(Cancel);

        Assert.Equal("token-1", _refresher.Current?.Header);
        Assert.Same(Down, _refresher.LastFailure);

        _time.Advance(TimeSpan.FromHours(0.1));

        Assert.Null(_refresher.Current);
        Assert.Null(_refresher.ExpiresAt);
        Assert.Null(await _refresher.GetAsync(Cancel));
    }

    [Fact]
    public async Task AwsThatComesBack_IsNoticedAndTheFailureForgotten()
    {
        _aws.Failure = Down;
        await _refresher.RefreshIfDueAsync(Cancel);
        _aws.Failure = null;

        _time.Advance(RefreshSchedule.PauseMax);
        await _refresher.RefreshIfDueAsync(Cancel);

        Assert.Equal("token-2", _refresher.Current?.Header);
        Assert.Null(_refresher.LastFailure);
    }

    [Fact]
    public async Task FailuresInARow_AreAskedAboutLessAndLessOften()
    {
        _aws.Failure = Down;
        var callsInMinutes = new List<int>();
        for (var minute = 0; minute < 4; minute++)
        {
            var before = _aws.Calls;
            for (var second = 0; second < 60; second++)
            {
                await _refresher.RefreshIfDueAsync(Cancel);
                _time.Advance(TimeSpan.FromSeconds(1));
            }

            callsInMinutes.Add(_aws.Calls - before);
        }

        Assert.InRange(callsInMinutes[0], 4, 8);
        Assert.InRange(callsInMinutes[3], 1, 2);
    }

    [Fact]
    public async Task SameFailureAgain_IsAnErrorInTheLogOnlyOnce()
    {
        _aws.Failure = Down;
        for (var minute = 0; minute < 10; minute++)
        {
            await _refresher.RefreshIfDueAsync(Cancel);
            _time.Advance(RefreshSchedule.PauseMax);
        }

        _aws.Failure = Down with { Reason = "still down" };
        await _refresher.RefreshIfDueAsync(Cancel);

        Assert.Equal(2, _log.Lines.Count(line => line.StartsWith("2002 Error ", StringComparison.Ordinal)));
        Assert.Equal(9, _log.Lines.Count(line => line.StartsWith("2004 Debug ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task TokenThatIsOverOnArrival_IsNotUsedAndTheClockIsBlamed()
    {
        _aws.Lifetime = TimeSpan.Zero;

        await _refresher.RefreshIfDueAsync(Cancel);

        Assert.Null(_refresher.Current);
        Assert.Equal(EcrError.BadAnswer, _refresher.LastFailure?.Error);
        Assert.Contains("clock", _refresher.LastFailure?.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Log_TellsOfRefreshFailureAndExpiryButNeverTheToken()
    {
        await _refresher.RefreshIfDueAsync(Cancel);
        _aws.Failure = Down;
        _time.Advance(TimeSpan.FromHours(7));
        await _refresher.RefreshIfDueAsync(Cancel);
        _time.Advance(TimeSpan.FromHours(6));
        await _refresher.RefreshIfDueAsync(Cancel);

        Assert.Equal(
            [
                "2000 Information ECR token refreshed, good until 2000-01-01 12:00:00Z",
                "2001 Warning ECR token not refreshed: Unreachable: down. The old one is good until 2000-01-01 12:00:00Z",
                "2003 Error ECR token expired at 2000-01-01 12:00:00Z and could not be replaced",
                "2002 Error No ECR token: Unreachable: down. Only what is cached can be served",
            ],
            _log.Lines);
    }

    [Fact]
    public async Task FirstCaller_GetsATokenWithoutTheLoop()
    {
        var token = await _refresher.GetAsync(Cancel);

        Assert.Equal("token-1", token?.Header);
        Assert.Same(_refresher.Current, token);
    }

    [Fact]
    public async Task TokenAtHand_IsGivenWithoutAllocating()
    {
        await _refresher.GetAsync(Cancel);

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(_refresher.GetAsync(Cancel).IsCompletedSuccessfully);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000);
    }

    [Fact]
    public async Task HundredCallers_ShareOneRefresh()
    {
        _aws.Hold();
        var callers = Enumerable.Range(0, 100)
            .Select(_ => Task.Run(() => _refresher.GetAsync(Cancel).AsTask(), Cancel))
            .ToList();

        _aws.Release();
        var tokens = await Task.WhenAll(callers);

        Assert.All(tokens, token => Assert.Equal("token-1", token?.Header));
        Assert.Equal(1, _aws.Calls);
    }

    [Fact]
    public async Task CallerThatLeaves_DoesNotEndTheRefresh()
    {
        _aws.Hold();
        using var leaving = new CancellationTokenSource();
        var first = _refresher.GetAsync(leaving.Token).AsTask();
        var second = _refresher.GetAsync(Cancel).AsTask();

        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        _aws.Release();

        Assert.Equal("token-1", (await second)?.Header);
        Assert.Equal(1, _aws.Calls);
    }

    [Fact]
    public async Task AwsThatHangs_HoldsACallerForItsWaitOnly()
    {
        _aws.Hold();
        var caller = _refresher.GetAsync(Cancel).AsTask();

        _time.Advance(TokenRefresher.WaitMax);

        Assert.Null(await caller);
        _aws.Release();
        Assert.Equal("token-1", (await _refresher.GetAsync(Cancel))?.Header);
    }

    [Fact]
    public async Task CallersWithoutAToken_AskAFailingAwsOnceASecond()
    {
        _aws.Failure = Down;
        for (var caller = 0; caller < 100; caller++)
        {
            Assert.Null(await _refresher.GetAsync(Cancel));
        }

        Assert.Equal(1, _aws.Calls);
        _aws.Failure = null;
        _time.Advance(RefreshSchedule.PauseMin);

        Assert.Equal("token-2", (await _refresher.GetAsync(Cancel))?.Header);
    }

    [Fact]
    public async Task RefusedToken_IsReplacedOnceForEveryoneWhoSentIt()
    {
        var refused = (await _refresher.GetAsync(Cancel))!;
        _aws.Hold();
        var callers = Enumerable.Range(0, 100)
            .Select(_ => Task.Run(() => _refresher.RenewAsync(refused.Header, Cancel), Cancel))
            .ToList();

        _aws.Release();
        var tokens = await Task.WhenAll(callers);
        var late = await _refresher.RenewAsync(refused.Header, Cancel);

        Assert.All(tokens.Append(late), token => Assert.Equal("token-2", token?.Header));
        Assert.Equal(2, _aws.Calls);
    }

    [Fact]
    public async Task ForcedTokenThatIsRefusedToo_IsNotReplacedByForceAtOnce()
    {
        var first = (await _refresher.GetAsync(Cancel))!;
        var second = (await _refresher.RenewAsync(first.Header, Cancel))!;

        for (var client = 0; client < 100; client++)
        {
            Assert.Null(await _refresher.RenewAsync(second.Header, Cancel));
        }

        Assert.Equal(2, _aws.Calls);
        Assert.Equal("token-2", _refresher.Current?.Header);
        _time.Advance(TokenRefresher.ForceAgainAfter);

        Assert.Equal("token-3", (await _refresher.RenewAsync(second.Header, Cancel))?.Header);
    }

    [Fact]
    public async Task ForcedRefreshThatFails_KeepsTheOldTokenButDoesNotGiveItBack()
    {
        var refused = (await _refresher.GetAsync(Cancel))!;
        _aws.Failure = Down;

        for (var client = 0; client < 100; client++)
        {
            Assert.Null(await _refresher.RenewAsync(refused.Header, Cancel));
        }

        Assert.Equal("token-1", _refresher.Current?.Header);
        Assert.Equal(2, _aws.Calls);
    }

    [Fact]
    public async Task RefusedTokenThatIsOver_IsReplaced()
    {
        var refused = (await _refresher.GetAsync(Cancel))!;
        _time.Advance(_aws.Lifetime);

        Assert.Equal("token-2", (await _refresher.RenewAsync(refused.Header, Cancel))?.Header);
    }

    [Fact]
    public async Task Loop_KeepsTheTokenFreshAndEndsAtShutdown()
    {
        using var shutdown = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var loop = _refresher.RunAsync(shutdown.Token);
        await _refresher.GetAsync(Cancel);

        _time.Advance(TimeSpan.FromHours(7));
        await _aws.SecondCall.WaitAsync(Cancel);
        await shutdown.CancelAsync();
        await loop;

        Assert.Equal(2, _aws.Calls);
    }

    [Fact]
    public async Task Shutdown_EndsARefreshThatHangs()
    {
        _aws.Hold();
        using var shutdown = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var loop = _refresher.RunAsync(shutdown.Token);
        var caller = _refresher.GetAsync(Cancel).AsTask();

        await shutdown.CancelAsync();
        await loop;

        Assert.Null(await caller);
    }

    /// <summary>Keeps what is logged, as one line each.</summary>
    private sealed class Notes : ILogger<TokenRefresher>
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add($"{eventId.Id} {logLevel} {formatter(state, exception)}");
    }
}
