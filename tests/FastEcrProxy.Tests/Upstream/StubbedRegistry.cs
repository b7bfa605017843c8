using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Observability;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>
/// A registry client whose peers are stubs and whose clock is the test's. The registry is open, unless the options say otherwise;
/// a token service is asked at the same stub.
/// </summary>
internal sealed class StubbedRegistry : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(1);

    private readonly Connections _connections;

    public StubbedRegistry(UpstreamOptions? options = null, IEcrApi? aws = null)
    {
        _connections = new Connections(new HttpMessageInvoker(Registry), new HttpMessageInvoker(Layers));
        Options = options ?? new UpstreamOptions
        {
            Endpoint = new Uri("https://registry.example"),
            UsesEcrToken = false,
            AllowedRedirectHosts = ["layers.example"],
        };
        var tokens = new EcrTokens(_ => aws!, Time, NullLogger<TokenRefresher>.Instance);
        var auth = new RegistryAuths(tokens, Measured.Metrics, Time, Log).Of(Options, new EcrOptions(), _connections);
        Client = new RegistryClient(Options, _connections, auth, Measured.Metrics, Time, Log);
    }

    public UpstreamOptions Options { get; }

    public StubPeer Registry { get; } = new();

    public StubPeer Layers { get; } = new();

    public FakeTimeProvider Time { get; } = new();

    public MeasuredValues Measured { get; } = new();

    public LogLines<RegistryClient> Log { get; } = new();

    public RegistryClient Client { get; }

    public static Repository App { get; } = Repository.TryParse("team/app", out var app) ? app : default;

    public static Reference Tag { get; } = Reference.TryParse("1.0", out var tag) ? tag : default;

    /// <summary>The result, with the clock moved while it is waited for.</summary>
    public Task<T> ElapseAsync<T>(ValueTask<T> pending) => ElapseAsync(pending, Time);

    /// <inheritdoc cref="ElapseAsync{T}(ValueTask{T})"/>
    public static async Task<T> ElapseAsync<T>(ValueTask<T> pending, FakeTimeProvider time)
    {
        var task = pending.AsTask();
        while (true)
        {
            // Who is at work on another thread is to have its turn: else all its time-outs were over before it had begun.
            await Task.WhenAny(task, Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken));
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            if (task.IsCompleted)
            {
                return await task;
            }

            time.Advance(Tick);
        }
    }

    public void Dispose()
    {
        _connections.Dispose();
        Measured.Dispose();
    }
}
