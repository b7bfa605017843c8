using BenchmarkDotNet.Attributes;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.Microbench;

/// <summary>Question: what does an entity tag that is kept with its manifest save beside one that is made for each answer?</summary>
[MemoryDiagnoser]
[MinColumn, MedianColumn]
public class HeaderPreparation
{
    private readonly StoredManifest _manifest = new(Digest.Of("{}"u8), "application/vnd.oci.image.manifest.v1+json", "{}"u8.ToArray());
    private readonly HotExchange _exchange = new("GET", "/v2/");

    [Benchmark(Baseline = true)]
    public void MadeForEachAnswer()
    {
        var response = Begin();
        HeaderRules.Content(response, _manifest.Digest, immutable: true);
    }

    [Benchmark]
    public void KeptWithTheManifest()
    {
        var response = Begin();
        HeaderRules.Content(response, _manifest.Digest, _manifest.EntityTag, immutable: true);
    }

    private HttpResponse Begin()
    {
        var response = _exchange.Next().Response;
        HeaderRules.Begin(response);
        return response;
    }
}
