using System.Diagnostics;
using System.Reflection;
using FastEcrProxy.Http;
using FastEcrProxy.Microbench;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Tests.Http;

/// <summary>
/// What one request for a hot manifest leaves to the garbage collector, from the server's call to the last byte handed over, with
/// measurements but without a log. The server's own share is not in it.
/// </summary>
public sealed class HotManifestAllocationTests
{
    private const int Requests = 10_000;
    private const int BytesPerRequest = 200; // it is some 150 on 64 bits: what is written down of the request

    private static bool IsDebugBuild =>
        typeof(RequestPipeline).Assembly.GetCustomAttribute<DebuggableAttribute>() is { IsJITOptimizerDisabled: true };

    [Theory]
    [InlineData("GET", 2048)]
    [InlineData("HEAD", 0)]
    public async Task ManifestByDigest_AllocatesNextToNothing(string method, long bytes)
    {
        Assert.SkipWhen(IsDebugBuild, "Without the optimizer every async method allocates.");
        await using var proxy = new WarmProxy(NullLoggerFactory.Instance);
        var client = new HotExchange(method, $"/v2/{WarmProxy.Name}/manifests/{proxy.Manifest.Digest}", ("Accept", WarmProxy.Accept));
        client.Expect(proxy.Pipeline, bytes);
        AskOften(proxy, client, 1000); // what is made once is there then

        var before = GC.GetAllocatedBytesForCurrentThread();
        AskOften(proxy, client, Requests);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.InRange(allocated / (double)Requests, 0, BytesPerRequest);
    }

    private static void AskOften(WarmProxy proxy, HotExchange client, int times)
    {
        for (var i = 0; i < times; i++)
        {
            var answering = proxy.Pipeline.InvokeAsync(client.Next());
            Assert.True(answering.IsCompletedSuccessfully, "a hot manifest waits for nobody, so all of it was on this thread");
        }
    }
}
