using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

public sealed class BearerTokensTests
{
    private static readonly FetchFailure Down = new(FetchError.Unreachable, "down");
    private static readonly RegistryScope Pull = RegistryScope.Pull(StubbedRegistry.App);

    private readonly FakeTimeProvider _time = new();
    private readonly BearerTokens _tokens;
    private TimeSpan _lifetime = BearerToken.LifetimeDefault;
    private FetchFailure? _failure;
    private TaskCompletionSource? _held;
    private int _asked;

    public BearerTokensTests() => _tokens = new BearerTokens(AnswerAsync, _time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Token_IsKeptUntilShortlyBeforeItIsOver()
    {
        Assert.Equal("token-1", await GetAsync());
        _time.Advance(TimeSpan.FromSeconds(49));
        Assert.Equal("token-1", await GetAsync());

        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task LongToken_IsKeptForLong()
    {
        _lifetime = TimeSpan.FromHours(1);
        await GetAsync();

        _time.Advance(_lifetime - BearerTokens.Margin - TimeSpan.FromSeconds(1));

        Assert.Equal("token-1", await GetAsync());
    }

    [Fact]
    public async Task ShortToken_IsOfUseTheLongestPartOfItsLife()
    {
        _lifetime = TimeSpan.FromSeconds(6);
        await GetAsync();

        _time.Advance(TimeSpan.FromSeconds(4.9));
        Assert.Equal("token-1", await GetAsync());
        _time.Advance(TimeSpan.FromSeconds(0.2));

        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task TokensLife_BeginsWhenItIsAskedFor()
    {
        _held = new TaskCompletionSource();
        var asking = GetAsync();
        _time.Advance(TimeSpan.FromSeconds(20));
        _held.SetResult();
        await asking;

        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task EachScope_HasATokenOfItsOwn()
    {
        Assert.Equal("token-1", await GetAsync());
        Assert.Equal("token-2", await GetAsync(RegistryScope.Push(StubbedRegistry.App)));
        Assert.Equal("token-1", await GetAsync());
    }

    [Fact]
    public async Task ManyAtOnce_CostOneQuestion()
    {
        _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var callers = Enumerable.Range(0, 100).Select(_ => Task.Run(() => GetAsync(), Cancel)).ToList();

        _held.SetResult();
        var tokens = await Task.WhenAll(callers);

        Assert.All(tokens, token => Assert.Equal("token-1", token));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task CallerWhoLeaves_LeavesTheQuestionToTheOthers()
    {
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        _held = new TaskCompletionSource();
        var first = _tokens.GetAsync(Pull, Question(Pull), leaving.Token).AsTask();
        var second = GetAsync();

        await leaving.CancelAsync();
        _held.SetResult();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal("token-1", await second);
    }

    [Fact]
    public async Task RefusedToken_IsReplacedOnceForEveryoneWhoWasShownIt()
    {
        var refused = await GetAsync();
        _held = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var callers = Enumerable.Range(0, 100).Select(_ => Task.Run(() => RenewAsync(refused), Cancel)).ToList();

        _held.SetResult();
        var tokens = await Task.WhenAll(callers);

        Assert.All(tokens.Append(await RenewAsync(refused)), token => Assert.Equal("token-2", token));
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task TokenInPlaceOfARefusedOne_IsNotReplacedAtOnce()
    {
        var second = await RenewAsync(await GetAsync());

        Assert.Null(await RenewAsync(second));
        Assert.Equal(second, await GetAsync());
        _time.Advance(BearerTokens.ForceAgainAfter);

        Assert.Equal("token-3", await RenewAsync(second));
    }

    [Fact]
    public async Task RegistryThatWantsAnotherQuestionAsked_HasItAsked()
    {
        var first = await GetAsync();
        var other = Question(Pull) with { Scope = "something:else" };

        var second = await _tokens.RenewAsync(Pull, other, first!, Cancel);

        Assert.Equal("token-2", second!.Value.Value!.Header);
        Assert.Equal(other, _tokens.QuestionOf(Pull));
    }

    [Fact]
    public async Task ServiceThatFails_IsAskedOnceASecond()
    {
        _failure = Down;
        for (var i = 0; i < 100; i++)
        {
            Assert.Null(await GetAsync());
        }

        Assert.Equal(1, _asked);
        _failure = null;
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task ServiceThatAsksToBeLeftAlone_IsLeftAloneForThatLong()
    {
        _failure = Down with { RetryAfter = TimeSpan.FromSeconds(20) };
        await GetAsync();
        _failure = null;

        _time.Advance(TimeSpan.FromSeconds(19));
        Assert.Null(await GetAsync());
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("token-2", await GetAsync());
    }

    [Fact]
    public async Task EndlessScopes_FillNoMemory_AndTheOnesInUseAreKept()
    {
        _lifetime = TimeSpan.FromHours(1);
        await GetAsync();
        for (var i = 0; i < 2 * BearerTokens.ScopesMax; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await GetAsync(new RegistryScope($"repository:made-up-{i}:pull"));
            Assert.Equal("token-1", await GetAsync());
        }

        Assert.Equal(BearerTokens.ScopesMax, _tokens.Count);
    }

    [Fact]
    public async Task TokensThatAreOver_MakeRoomFirst()
    {
        for (var i = 0; i < BearerTokens.ScopesMax; i++)
        {
            await GetAsync(new RegistryScope($"repository:made-up-{i}:pull"));
        }

        _time.Advance(_lifetime);
        await GetAsync();

        Assert.Equal(1, _tokens.Count);
    }

    private static TokenQuestion Question(RegistryScope scope) => new(new Uri("https://auth.example.com/token"), "registry", scope.Text);

    private async Task<string?> GetAsync(RegistryScope? scope = null)
    {
        var asked = scope ?? Pull;
        return (await _tokens.GetAsync(asked, Question(asked), Cancel)).Value?.Header;
    }

    private async Task<string?> RenewAsync(string? refused) =>
        (await _tokens.RenewAsync(Pull, Question(Pull), refused!, Cancel))?.Value?.Header;

    private async Task<Fetched<BearerToken>> AnswerAsync(TokenQuestion question, CancellationToken cancel)
    {
        var number = Interlocked.Increment(ref _asked);
        if (_held is { } held)
        {
            await held.Task.WaitAsync(cancel);
        }

        return _failure is { } failure ? failure : new BearerToken($"token-{number}", _lifetime);
    }
}
