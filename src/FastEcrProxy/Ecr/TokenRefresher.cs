using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Ecr;

/// <summary>
/// Keeps one ECR token fresh. Requests read <see cref="Current"/> and wait for AWS only when there is none. A refresh that
/// fails keeps the old token; a token that is over is never handed out.
/// </summary>
/// <remarks>One refresh runs at a time and belongs to nobody: whoever waits for it may leave, it goes on.</remarks>
internal sealed partial class TokenRefresher(IEcrApi api, TimeProvider time, ILogger<TokenRefresher> logger)
{
    /// <summary>How long a request waits for AWS. A token takes 0.2 s; longer, and the client is better told to come back.</summary>
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A token younger than this that came by force and is refused is not replaced by force: AWS gives it and the registry
    /// refuses it, so would it the next.
    /// </summary>
    public static readonly TimeSpan ForceAgainAfter = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan CheckEvery = TimeSpan.FromSeconds(1); // the granularity of every moment below

    private static readonly Task<EcrToken?> Nothing = Task.FromResult<EcrToken?>(null);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stopping = new();

    private volatile EcrToken? _token;
    private volatile EcrFailure? _lastFailure;
    private volatile bool _wasGiven;

    // Guarded by _gate.
    private Task<EcrToken?>? _running;
    private string? _forcedHeader; // of the token that the last forced refresh brought
    private int _failuresInRow;
    private (EcrFailure Failure, bool HasToken)? _told; // what the log says already; clients' requests ask once a second
    private DateTimeOffset _dueAt = DateTimeOffset.MinValue;
    private DateTimeOffset _callersMayAskAt = DateTimeOffset.MinValue;

    /// <summary>Which token it is, for the log: there may be several.</summary>
    public string What { get; init; } = "ECR token";

    /// <summary>The token to use now; null when there is none or it is over.</summary>
    public EcrToken? Current => _token is { } token && time.GetUtcNow() < token.ExpiresAt ? token : null;

    /// <summary>Until when <see cref="Current"/> is good; null when there is none.</summary>
    public DateTimeOffset? ExpiresAt => Current?.ExpiresAt;

    /// <summary>Whether AWS has ever given one.</summary>
    public bool WasGiven => _wasGiven;

    /// <summary>Why the last refresh failed; null when it did not.</summary>
    public EcrFailure? LastFailure => _lastFailure;

    /// <summary><see cref="Current"/>, or what a refresh brings within <see cref="WaitMax"/>; null if that is nothing.</summary>
    /// <param name="cancel">Ends the wait, not the refresh.</param>
    public ValueTask<EcrToken?> GetAsync(CancellationToken cancel) =>
        Current is { } token ? new(token) : new(WaitForAsync(Join(refusedHeader: null), cancel));

    /// <summary>
    /// Another token in place of one that a registry refused, once per refused token: those who come later with the same get
    /// what the first one got. Null if AWS gives none, or gave this one by force just now.
    /// </summary>
    /// <param name="refusedHeader">The <see cref="EcrToken.Header"/> that was sent.</param>
    /// <param name="cancel">Ends the wait, not the refresh.</param>
    public Task<EcrToken?> RenewAsync(string refusedHeader, CancellationToken cancel) => WaitForAsync(Join(refusedHeader), cancel);

    /// <summary>Keeps the token fresh until shutdown.</summary>
    public async Task RunAsync(CancellationToken shutdown)
    {
        using var timer = new PeriodicTimer(CheckEvery, time);
        try
        {
            do
            {
                await RefreshIfDueAsync(shutdown);
            }
            while (await timer.WaitForNextTickAsync(shutdown));
        }
        catch (OperationCanceledException) when (shutdown.IsCancellationRequested)
        {
            // The normal end.
        }
        finally
        {
            await _stopping.CancelAsync();
        }
    }

    /// <summary>One turn of the loop: asks AWS if it is time to, and notices the end of the token.</summary>
    internal async Task RefreshIfDueAsync(CancellationToken cancel)
    {
        Task refresh;
        lock (_gate)
        {
            ForgetIfOver();
            if (time.GetUtcNow() < _dueAt)
            {
                return;
            }

            refresh = _running ?? Start(forced: false);
        }

        await refresh.WaitAsync(cancel);
    }

    /// <summary>What a caller gets to wait for: a token at hand, the running refresh, a new one, or nothing.</summary>
    private Task<EcrToken?> Join(string? refusedHeader)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (Current is { } current)
            {
                if (current.Header != refusedHeader)
                {
                    return Task.FromResult<EcrToken?>(current);
                }

                if (current.Header == _forcedHeader && now < current.IssuedAt + ForceAgainAfter)
                {
                    return Nothing;
                }
            }

            return _running ?? (now < _callersMayAskAt ? Nothing : Start(forced: refusedHeader is not null));
        }
    }

    private async Task<EcrToken?> WaitForAsync(Task<EcrToken?> refresh, CancellationToken cancel)
    {
        try
        {
            return await refresh.WaitAsync(WaitMax, time, cancel);
        }
        catch (TimeoutException)
        {
            return null;
        }
        catch (OperationCanceledException) when (refresh.IsCanceled && !cancel.IsCancellationRequested)
        {
            return null; // the proxy is stopping
        }
    }

    private Task<EcrToken?> Start(bool forced)
    {
        Debug.Assert(_gate.IsHeldByCurrentThread && _running is null, "one refresh at a time");
        return _running = Task.Run(() => RefreshAsync(forced));
    }

    private async Task<EcrToken?> RefreshAsync(bool forced)
    {
        try
        {
            var (token, failure) = await api.GetTokenAsync(_stopping.Token);
            if (token is not null && token.ExpiresAt <= time.GetUtcNow())
            {
                failure = OverOnArrival(token);
            }

            return token is not null && failure is null ? Keep(token, forced) : KeepOld(failure!);
        }
        finally
        {
            lock (_gate)
            {
                _running = null;
            }
        }
    }

    private EcrToken Keep(EcrToken token, bool forced)
    {
        var now = time.GetUtcNow();
        token = token with { IssuedAt = now };
        lock (_gate)
        {
            _token = token;
            _wasGiven = true;
            _lastFailure = null;
            _failuresInRow = 0;
            _told = null;
            _forcedHeader = forced ? token.Header : null;
            _dueAt = now + RefreshSchedule.AfterSuccess(token.ExpiresAt - now, Random.Shared.NextDouble());
        }

        Log.Refreshed(logger, What, token.ExpiresAt);
        return token;
    }

    private EcrToken? KeepOld(EcrFailure failure)
    {
        var now = time.GetUtcNow();
        var old = Current;
        bool isNews;
        lock (_gate)
        {
            isNews = _told != (failure, old is not null);
            _told = (failure, old is not null);
            _lastFailure = failure;
            _failuresInRow++;
            _dueAt = now + RefreshSchedule.AfterFailure(_failuresInRow, Random.Shared.NextDouble());
            _callersMayAskAt = now + RefreshSchedule.PauseMin;
        }

        if (!isNews)
        {
            Log.FailedAgain(logger, What, failure.Error, failure.Reason);
        }
        else if (old is not null)
        {
            Log.FailedWithToken(logger, What, failure.Error, failure.Reason, old.ExpiresAt);
        }
        else
        {
            Log.FailedWithoutToken(logger, What, failure.Error, failure.Reason);
        }

        return null;
    }

    private void ForgetIfOver()
    {
        if (_token is { } token && Current is null)
        {
            _token = null;
            Log.Expired(logger, What, token.ExpiresAt);
        }
    }

    private EcrFailure OverOnArrival(EcrToken token) => new(
        EcrError.BadAnswer,
        $"AWS gave a token that was over at {token.ExpiresAt:u}, and here it is {time.GetUtcNow():u}: set this machine's clock");

    private static partial class Log
    {
        [LoggerMessage(2000, LogLevel.Information, "{What} refreshed, good until {ExpiresAt:u}")]
        public static partial void Refreshed(ILogger logger, string what, DateTimeOffset expiresAt);

        [LoggerMessage(2001, LogLevel.Warning,
            "{What} not refreshed: {Error}: {Reason}. The old one is good until {ExpiresAt:u}")]
        public static partial void FailedWithToken(
            ILogger logger, string what, EcrError error, string reason, DateTimeOffset expiresAt);

        [LoggerMessage(2002, LogLevel.Error, "No {What}: {Error}: {Reason}. Only what is cached can be served")]
        public static partial void FailedWithoutToken(ILogger logger, string what, EcrError error, string reason);

        [LoggerMessage(2004, LogLevel.Debug, "Still no new {What}: {Error}: {Reason}")]
        public static partial void FailedAgain(ILogger logger, string what, EcrError error, string reason);

        [LoggerMessage(2003, LogLevel.Error, "{What} expired at {ExpiresAt:u} and could not be replaced")]
        public static partial void Expired(ILogger logger, string what, DateTimeOffset expiresAt);
    }
}
