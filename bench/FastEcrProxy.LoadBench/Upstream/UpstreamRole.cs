using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.LoadBench.Processes;
using FastEcrProxy.LoadBench.Servers;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>The upstream process: ECR as the stand-in plays it, with its tokens, redirects and signed layer URLs.</summary>
internal sealed class UpstreamRole : IAsyncDisposable
{
    private const string ManifestType = "application/vnd.oci.image.manifest.v1+json";

    private LocalEcrServer? _ecr;

    public static async Task RunAsync()
    {
        await using var role = new UpstreamRole();
        RoleLoop.Run<UpstreamOrder, UpstreamAnswer>(role.Do);
    }

    public ValueTask DisposeAsync() => _ecr?.DisposeAsync() ?? ValueTask.CompletedTask;

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
        }

        return new UpstreamAnswer
        {
            BlobGets = counters.Requests(RequestKind.GetBlob),
            ManifestGets = counters.Requests(RequestKind.GetManifestByDigest | RequestKind.GetManifestByTag),
            RegistryRequests = counters.Requests(RequestKind.AnyRegistry),
            LayerGets = counters.Requests(RequestKind.AnyLayer),
            LayerBytes = counters.LayerBytes(),
        };
    }

    private async Task<UpstreamAddress> StartAsync(UpstreamSpec spec)
    {
        var certificate = spec.CertificateFile is null
            ? null
            : X509Certificate2.CreateFromPemFile(spec.CertificateFile, spec.KeyFile);
        _ecr = await LocalEcrServer.StartAsync(new LocalEcrOptions { Certificate = certificate });
        var region = _ecr.Main;
        var layers = spec.LayerFiles.Select(LayerContent.FromFile)
            .Concat(Enumerable.Range(1, spec.GeneratedLayers).Select(seed => LayerContent.Generate(spec.GeneratedLayerBytes, seed)));
        if (spec.BytesPerSecond > 0)
        {
            region.Faults.LimitLayers(spec.BytesPerSecond);
        }

        return new UpstreamAddress
        {
            Registry = region.Registry,
            Layers = region.Layers,
            ControlPlane = region.ControlPlane,
            EcrHost = region.EcrHost,
            AccessKeyId = region.AccessKeyId,
            SecretAccessKey = region.SecretAccessKey,
            Authorization = region.MintToken().Authorization,
            LayerDigests = [.. layers.Select(layer => region.Content.PutBlob(Contender.Repository, layer))],
            ManifestDigests =
            [
                .. spec.ManifestFiles.Select(File.ReadAllBytes)
                    .Select(manifest => region.Content.PutManifest(Contender.Repository, manifest, ManifestType)),
            ],
        };
    }
}
