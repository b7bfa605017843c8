using System.Security.Cryptography;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Push;

/// <summary>A proxy that takes pushes, a local ECR behind it with a repository, and a client that pushes by hand.</summary>
internal sealed class PushRig : IAsyncDisposable
{
    public const string Repository = "team/app";
    public const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private PushRig(ProxyUnderTest proxy) => (Proxy, Client) = (proxy, new Pusher(new Uri(proxy.Url), credentials: null));

    public ProxyUnderTest Proxy { get; }

    public LocalRegion Region => Proxy.Region;

    public Pusher Client { get; }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <param name="manners">How the registry differs from the specification; null: as ECR does.</param>
    /// <param name="rule">What else the rule says.</param>
    /// <param name="settings">What else the proxy is told.</param>
    /// <param name="ecr">What else the local ECR is.</param>
    /// <param name="repository">How its repository was made; null: as most are.</param>
    public static async Task<PushRig> StartAsync(
        RegistryManners? manners = null, Func<RuleOptions, RuleOptions>? rule = null,
        Func<ProxySettings, ProxySettings>? settings = null, LocalEcrOptions? ecr = null, RepositorySettings? repository = null)
    {
        ecr ??= new LocalEcrOptions();
        if (manners is not null)
        {
            ecr = ecr with { Regions = [new LocalRegionOptions("eu-west-1") { Manners = manners }] };
        }

        var proxy = await ProxyUnderTest.StartAsync(ecr, before =>
        {
            var after = settings?.Invoke(before) ?? before;
            var pushes = new RuleOptions
            {
                Registries = [new RegistryOptions("eu-west-1", after.Upstream, after.Ecr)],
                Push = true,
            };
            return after with { Upstreams = [rule?.Invoke(pushes) ?? pushes] };
        });
        proxy.Region.Content.CreateRepository(Repository, repository);
        return new PushRig(proxy);
    }

    public static byte[] Bytes(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    /// <summary>A manifest that names layers, which the registry then has to have.</summary>
    public static byte[] ManifestOf(params string[] layers)
    {
        var descriptors = string.Join(',', layers.Select(digest => $$"""{"digest":"{{digest}}"}"""));
        return System.Text.Encoding.UTF8.GetBytes(
            $$"""{"schemaVersion":2,"mediaType":"{{ManifestType}}","layers":[{{descriptors}}]}""");
    }

    /// <summary>The blob as the registry has it, or null.</summary>
    public byte[]? InRegistry(string digest)
    {
        if (Region.Content.Find(Repository)!.Blob(digest) is not { } blob)
        {
            return null;
        }

        var bytes = new byte[blob.Length];
        blob.Read(0, bytes);
        return bytes;
    }

    /// <summary>Pulls a layer, which must be right.</summary>
    public async Task PullAsync(string digest)
    {
        using var client = new PullClient();
        var bytes = await client.GetBytesAsync($"{Proxy.Url}/v2/{Repository}/blobs/{digest}");
        Assert.Equal(digest, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Waits until the layer is in the cache: that is so a moment after the client has its 201.</summary>
    public Task CachedAsync(string digest) => Until.TrueAsync(() => File.Exists(BlobFile(digest)));

    /// <summary>Waits until all layers that were pushed are in the cache or given up.</summary>
    public Task SettledAsync(int pushes) => Proxy.MeasuredAsync(pushes, "fastecr_pushes_ended_total");

    public bool IsCached(string digest) => File.Exists(BlobFile(digest));

    /// <summary>What stands in the cache's directory for downloads and uploads in progress.</summary>
    public string[] Partials() => Directory.GetFiles(Path.Combine(Proxy.CacheDirectory, "partial"));

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Proxy.DisposeAsync();
    }

    private string BlobFile(string digest) => Path.Combine(Proxy.CacheDirectory, "blobs", "sha256", digest[7..9], digest[7..]);
}
