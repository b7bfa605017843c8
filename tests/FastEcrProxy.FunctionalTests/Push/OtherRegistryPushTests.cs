using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;
using RegistryAuth = FastEcrProxy.LocalEcr.RegistryAuth;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>Pushes to registries with passwords or tokens, and to a proxy behind which the registry stands.</summary>
public sealed class OtherRegistryPushTests
{
    private static readonly byte[] Layer = PushRig.Bytes(3_000_000);
    private static readonly string Digest = Pusher.DigestOf(Layer);

    [Theory]
    [InlineData(RegistryAuth.None)]
    [InlineData(RegistryAuth.Basic)]
    [InlineData(RegistryAuth.Bearer)]
    public async Task EveryCall_IsTakenAndBodiesAreSentOnce(RegistryAuth auth)
    {
        await using var proxy = await StartAsync(new LocalRegistryOptions("other") { Auth = auth });
        var registry = proxy.Ecr.Registries[0];
        registry.BlobMounting = true;
        using var client = new Pusher(new Uri(proxy.Url), credentials: null);

        using var patched = await client.PatchAsync(await client.StartAsync("team/app"), Layer);
        using var finished = await client.FinishAsync(patched.Header("Location")!, Digest);
        using var mounted = await client.SendAsync(HttpMethod.Post, $"/v2/team/web/blobs/uploads/?mount={Digest}&from=team/app");
        var manifest = PushRig.ManifestOf(Digest);
        using var tagged = await client.PutManifestAsync("team/web", "v1", manifest, PushRig.ManifestType);
        using var deleted = await client.SendAsync(HttpMethod.Delete, $"/v2/team/web/manifests/{Pusher.DigestOf(manifest)}");

        Assert.Equal(
            (202, 201, 201, 201, 202), (patched.Status, finished.Status, mounted.Status, tagged.Status, deleted.Status));
        Assert.Equal(Layer.Length + manifest.Length, registry.Counters.UploadBytes);
        Assert.Equal(1, registry.Counters.Requests(RequestKind.UploadPart));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TokenThatIsOver_IsReplacedBeforeTheBodyBegins()
    {
        await using var proxy = await StartAsync(new LocalRegistryOptions("other") { Auth = RegistryAuth.Bearer });
        var registry = proxy.Ecr.Registries[0];
        using var elsewhere = new Pusher(registry.Registry, new("Bearer", registry.MintToken()));
        var location = new Uri(registry.Registry, await elsewhere.StartAsync("team/app")).PathAndQuery;
        using var client = new Pusher(new Uri(proxy.Url), credentials: null);
        await client.StartAsync("team/app");
        registry.Faults.ExpireAllTokens();
        using var refused = await client.PatchAsync(location, Layer); // of the token that was good a moment ago

        using var patched = await client.PatchAsync(location, Layer);

        Assert.Equal((503, "UNAVAILABLE"), await Pusher.ErrorAsync(refused));
        Assert.Equal(202, patched.Status);
        Assert.Equal(Layer.Length, registry.Counters.UploadBytes);
    }

    [Fact]
    public async Task ProxyBehindTheProxy_KeepsItsOwnCountOfTheChunks()
    {
        await using var regional = await PushRig.StartAsync();
        await using var edge = await ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Upstreams = [PushesTo(new Uri(regional.Proxy.Url), RegistryAuthOptions.None)],
        });
        using var client = new Pusher(new Uri(edge.Url), credentials: null);
        var location = await client.StartAsync(PushRig.Repository);

        for (var at = 0; at < 2_000_000; at += 1_000_000)
        {
            using var patched = await client.PatchAsync(location, Layer[at..(at + 1_000_000)], at);
            Assert.Equal((202, $"0-{at + 999_999}"), (patched.Status, patched.Header("Range")));
            location = patched.Header("Location")!;
        }

        using var wrong = await client.PatchAsync(location, Layer[..10], 10);
        using var finished = await client.FinishAsync(location, Digest, Layer[2_000_000..]);

        Assert.Equal((416, "0-1999999"), (wrong.Status, wrong.Header("Range")));
        Assert.Equal(201, finished.Status);
        Assert.Equal(Layer, regional.InRegistry(Digest));
        Assert.Equal(3, regional.Region.Counters.Requests(RequestKind.UploadPart | RequestKind.FinishUpload));
        await regional.CachedAsync(Digest);
    }

    private static Task<ProxyUnderTest> StartAsync(LocalRegistryOptions registry) => ProxyUnderTest.StartAsync(
        new LocalEcrOptions { Registries = [registry] },
        ecrKnown: (ecr, settings) => settings with
        {
            Upstreams = [PushesTo(ecr.Registries[0].Registry, AuthOf(registry, ecr.Registries[0]))],
        });

    private static RegistryAuthOptions AuthOf(LocalRegistryOptions options, LocalRegistry registry) => options.Auth switch
    {
        RegistryAuth.Basic => new() { Kind = RegistryAuthKind.Basic, User = registry.User, Password = registry.Password },
        RegistryAuth.Bearer => new() { Kind = RegistryAuthKind.Bearer, User = registry.User, Password = registry.Password },
        _ => RegistryAuthOptions.None,
    };

    private static RuleOptions PushesTo(Uri endpoint, RegistryAuthOptions auth) => new()
    {
        Registries =
        [
            new RegistryOptions(
                "other",
                new UpstreamOptions
                {
                    Endpoint = endpoint,
                    Auth = auth,
                    ConnectTimeout = ProxyUnderTest.Patience,
                    FirstByteTimeout = ProxyUnderTest.Patience,
                    IdleTimeout = ProxyUnderTest.Patience,
                },
                new EcrOptions()),
        ],
        Push = true,
    };
}
