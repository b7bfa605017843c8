using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Observability;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>A registry client whose peers are stubs and whose clock is the test's. Open, unless the test brings an AWS.</summary>
internal sealed class StubbedRegistry : IDisposable
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

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
        IRegistryAuth auth = aws is null
            ? NoAuth.Instance
            : new EcrAuth(new TokenRefresher(aws, Time, NullLogger<TokenRefresher>.Instance), Time);
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
    public async Task<T> ElapseAsync<T>(ValueTask<T> pending)
    {
        var task = pending.AsTask();
        while (!task.IsCompleted)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            Time.Advance(Tick);
            await Task.Yield();
        }

        return await task;
    }

    public void Dispose()
    {
        _connections.Dispose();
        Measured.Dispose();
    }
}
