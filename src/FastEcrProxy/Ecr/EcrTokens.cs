using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Ecr;

/// <summary>
/// All tokens that the proxy keeps fresh: one for each identity and place, however many registries are shown it. A token is good
/// for every registry of its Region that the identity may read.
/// </summary>
/// <param name="open">How AWS is asked.</param>
/// <param name="time">The clock of all of them.</param>
/// <param name="logger">What happens to them.</param>
internal sealed class EcrTokens(Func<EcrOptions, IEcrApi> open, TimeProvider time, ILogger<TokenRefresher> logger) : IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Source, TokenRefresher> _refreshers = [];
    private readonly HashSet<TokenRefresher> _fromRequests = []; // few: the settings let no pattern leave the Region open
    private readonly List<Task> _running = [];
    private readonly CancellationTokenSource _stop = new(); // has no timer: nothing to give back
    private bool _started;

    public EcrTokens(TimeProvider time, ILogger<TokenRefresher> logger)
        : this(static options => new EcrApi(options, new AwsCredentials(options)), time, logger)
    {
    }

    /// <summary>
    /// Those that the proxy serves with, for metrics and readiness: the operator's, and of those that a request was the first to
    /// need, which have been given. One that nobody gives is that request's trouble, not the proxy's.
    /// </summary>
    public IReadOnlyList<TokenRefresher> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _refreshers.Values.Where(refresher => !_fromRequests.Contains(refresher) || refresher.WasGiven)];
            }
        }
    }

    /// <summary>The token for whoever asks AWS with these options; its time-outs are those of the first who asked.</summary>
    public TokenRefresher For(EcrOptions options)
    {
        var source = Source.Of(options);
        lock (_gate)
        {
            if (!_refreshers.TryGetValue(source, out var refresher))
            {
                // A copy: whoever gave the options may go on changing them.
                refresher = new TokenRefresher(open(options with { }), time, logger) { What = source.ToString() };
                _refreshers.Add(source, refresher);
                if (_started)
                {
                    _fromRequests.Add(refresher);
                    Run(refresher);
                }
            }

            return refresher;
        }
    }

    /// <summary>Begins to keep them fresh, those that are asked for later too. AWS may take its time: nothing waits for it here.</summary>
    public void Start()
    {
        lock (_gate)
        {
            if (_started)
            {
                return;
            }

            _started = true;
            foreach (var refresher in _refreshers.Values)
            {
                Run(refresher);
            }
        }
    }

    /// <summary>Ends the refreshing. A token at hand stays good; who waits for one gets none.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        Task[] running;
        lock (_gate)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running);
    }

    private void Run(TokenRefresher refresher) => _running.Add(refresher.RunAsync(_stop.Token));

    /// <summary>What makes two tokens the same: who asks AWS, and where.</summary>
    /// <remarks>
    /// The Region that is left to the environment is none of those that are spelled out: a registry that AWS names and one that
    /// the operator names may ask for the same token twice.
    /// </remarks>
    private sealed record Source(
        EcrService Service, AwsIdentity Identity, object? Credentials, string? Region, bool Fips, bool DualStack, Uri? ControlPlane)
    {
        public static Source Of(EcrOptions options) => new(
            options.Service,
            options.Identity,
            options.Credentials,
            options.Service.Region ?? options.Region,
            options.Fips,
            options.DualStack,
            options.ControlPlane);

        public override string ToString()
        {
            var token = Service == EcrService.Public ? "ECR Public token" : Region is null ? "ECR token" : $"ECR token for {Region}";
            var who = Identity.ToString();
            return who.Length == 0 ? token : $"{token} ({who})";
        }
    }
}
