using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.LoadBench.Processes;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>
/// The upstream process: ECR as LocalEcr plays it, with its tokens, redirects and signed layer URLs, and a layer store that
/// they lead to.
/// </summary>
internal sealed class UpstreamRole : IAsyncDisposable
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private LocalEcrServer? _ecr;
    private LayerStore? _store;

    public static async Task RunAsync()
    {
        await using var role = new UpstreamRole();
        RoleLoop.Run<UpstreamOrder, UpstreamAnswer>(role.Do);
    }

    public async ValueTask DisposeAsync()
    {
        if (_ecr is not null)
        {
            await _ecr.DisposeAsync();
        }

        _store?.Dispose();
    }

    private UpstreamAnswer Do(UpstreamOrder order)
    {
        try
        {
            if (order.Start is { } spec)
            {
                return new UpstreamAnswer { Address = StartAsync(spec).GetAwaiter().GetResult() };
            }
        }
        catch (IOException failure)
        {
            return new UpstreamAnswer { Failure = failure.Message };
        }

        var counters = _ecr!.Main.Counters;
        if (order.Reset)
        {
            counters.Reset();
            _store!.Reset();
        }

        return new UpstreamAnswer
        {
            BlobGets = counters.Requests(RequestKind.GetBlob),
            ManifestGets = counters.Requests(RequestKind.GetManifestByDigest | RequestKind.GetManifestByTag),
            RegistryRequests = counters.Requests(RequestKind.AnyRegistry),
            LayerGets = _store!.Gets,
            LayerBytes = _store.BytesSent,
        };
    }

    private async Task<UpstreamAddress> StartAsync(UpstreamSpec spec)
    {
        var certificate = spec.CertificateFile is null
            ? null
            : X509Certificate2.CreateFromPemFile(spec.CertificateFile, spec.KeyFile);
        _store = new LayerStore(spec);
        _ecr = await LocalEcrServer.StartAsync(new LocalEcrOptions
        {
            Certificate = certificate,
            Regions = [new LocalRegionOptions("eu-west-1") { LayersElsewhere = _store.Address }],
        });
        var region = _ecr.Main;
        return new UpstreamAddress
        {
            Registry = region.Registry,
            Layers = region.Layers,
            ControlPlane = region.ControlPlane,
            EcrHost = region.EcrHost,
            AccessKeyId = region.AccessKeyId,
            SecretAccessKey = region.SecretAccessKey,
            Authorization = region.MintToken().Authorization,
            LayerDigests = [.. spec.LayerFiles.Select(file => Put(region.Content, _store, file))],
            ManifestDigests =
            [
                .. spec.ManifestFiles.Select(File.ReadAllBytes)
                    .Select(manifest => region.Content.PutManifest(Contender.Repository, manifest, ManifestType)),
            ],
        };
    }

    private static string Put(LocalEcr.Content content, LayerStore store, string file)
    {
        var digest = content.PutBlob(Contender.Repository, LayerContent.FromFile(file));
        store.Put(content.ObjectPath(digest), StoredLayer.Open(file, digest));
        return digest;
    }
}
