using FastEcrProxy.Cache;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>
/// Owns what a test starts, ends it, and tells what it did when the test has failed. One collection: two cores do not
/// carry several daemons at once.
/// </summary>
[Collection("Real clients")]
public abstract class RealClientTests : IAsyncDisposable
{
    private protected const string Repository = "demo/hello";
    private const int ProxyLogTail = 80;

    private readonly Stack<IAsyncDisposable> _owned = new();

    public static TheoryData<ClientKind> EveryClient => [.. Enum.GetValues<ClientKind>()];

    private protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        var failed = TestContext.Current.TestState?.Result == TestResult.Failed;
        while (_owned.TryPop(out var part))
        {
            if (failed && StoryOf(part) is { Length: > 0 } story)
            {
                TestContext.Current.TestOutputHelper?.WriteLine($"=== {part.GetType().Name}\n{story}");
            }

            await part.DisposeAsync();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>As it is configured by default: it fetches layers ahead.</summary>
    private protected async Task<ProxyUnderTest> StartProxyAsync(
        Func<ProxySettings, ProxySettings>? adjust = null, TimeProvider? time = null, LocalEcrOptions? ecr = null) =>
        Own(await ProxyUnderTest.StartAsync(
            ecr,
            adjust: settings => adjust is null ? FetchingAhead(settings) : adjust(FetchingAhead(settings)), time: time));

    private protected async Task<ImageClient> StartAsync(ClientKind kind, string? caFile = null) => Own<ImageClient>(kind switch
    {
        ClientKind.Skopeo => Skopeo.Start(caFile),
        ClientKind.Podman => Podman.Start(caFile),
        ClientKind.Containerd => await Containerd.StartAsync(caFile),
        ClientKind.Docker => await DockerEngine.StartAsync(caFile),
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    });

    private protected T Own<T>(T part)
        where T : IAsyncDisposable
    {
        _owned.Push(part);
        return part;
    }

    /// <summary>Pulls, and what the client then has is the image, right to the last bit.</summary>
    private protected static async Task PullRightAsync(ImageClient client, string reference, SampleImage image)
    {
        (await client.PullAsync(reference)).MustSucceed();
        Assert.True(await client.HoldsAsync(reference, image), $"{reference} was pulled, and is not there.");
    }

    /// <summary>Neither tag nor layers can be had from upstream any more.</summary>
    private protected static async Task GoDarkAsync(LocalRegion region)
    {
        foreach (var origin in Enum.GetValues<OriginName>())
        {
            await region.Faults.GoDarkAsync(origin);
        }
    }

    /// <summary>One registry, and what is pushed goes there.</summary>
    private protected static ProxySettings TakingPushes(ProxySettings settings) => settings with
    {
        Upstreams = [new RuleOptions { Registries = [new RegistryOptions("main", settings.Upstream, settings.Ecr)], Push = true }],
    };

    private static ProxySettings FetchingAhead(ProxySettings settings) =>
        settings with { Cache = settings.Cache with { Prefetch = new CacheOptions().Prefetch } };

    private static string StoryOf(IAsyncDisposable part) => part switch
    {
        ImageClient client => client.Room.Story,
        Buildah buildah => buildah.Room.Story,
        DockerRegistry registry => registry.Room.Story,
        ProxyUnderTest proxy => string.Join('\n', proxy.Log.Lines.TakeLast(ProxyLogTail)),
        _ => "",
    };
}
