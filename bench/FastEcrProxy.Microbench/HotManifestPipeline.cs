using BenchmarkDotNet.Attributes;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Microbench;

/// <summary>Question: what does the pipeline add to a bare delegate that writes the same manifest under the same headers?</summary>
[MemoryDiagnoser]
[MinColumn, MedianColumn]
public class HotManifestPipeline
{
    private static readonly (string, string)[] Headers =
    [
        ("Host", "registry.example.com"), ("User-Agent", "docker/28.3.2 go/go1.24.5"),
        ("Accept", WarmProxy.Accept), ("Accept-Encoding", "gzip"),
    ];

    private readonly HotExchange _byTag = new("GET", $"/v2/{WarmProxy.Name}/manifests/{WarmProxy.Tag}", Headers);
    private HotExchange _byDigest = null!;
    private StoredManifest _manifest = null!;
    private WarmProxy _proxy = null!;

    [GlobalSetup]
    public void Start()
    {
        _proxy = new WarmProxy(NullLoggerFactory.Instance);
        _manifest = _proxy.Manifest;
        _byDigest = new HotExchange("GET", $"/v2/{WarmProxy.Name}/manifests/{_manifest.Digest}", Headers);
        _byDigest.Expect(_proxy.Pipeline, _manifest.Bytes.Length);
        _byTag.Expect(_proxy.Pipeline, _manifest.Bytes.Length);
    }

    [GlobalCleanup]
    public async Task StopAsync() => await _proxy.DisposeAsync();

    [Benchmark(Baseline = true)]
    public async Task BareDelegate()
    {
        var response = _byDigest.Next().Response;
        var headers = response.Headers;
        headers["Docker-Distribution-Api-Version"] = "registry/2.0";
        headers["Docker-Content-Digest"] = _manifest.Digest.ToString();
        headers.ETag = _manifest.EntityTag;
        headers.CacheControl = "max-age=31536000, immutable";
        headers.ContentType = _manifest.MediaType;
        headers.ContentLength = _manifest.Bytes.Length;
        await response.BodyWriter.WriteAsync(_manifest.Bytes);
    }

    [Benchmark]
    public Task ByDigest() => _proxy.Pipeline.InvokeAsync(_byDigest.Next());

    [Benchmark]
    public Task ByTag() => _proxy.Pipeline.InvokeAsync(_byTag.Next());
}
