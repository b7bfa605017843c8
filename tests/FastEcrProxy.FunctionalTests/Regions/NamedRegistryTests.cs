using System.Net;
using FastEcrProxy.FunctionalTests.Blobs;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Regions;

/// <summary>A rule whose registries are those that containerd's <c>ns</c> names.</summary>
public sealed class NamedRegistryTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";
    private const string Hub = "hub.example.com";
    private const string Quay = "quay.example.com";

    private static readonly byte[] Ours = "{\"n\":\"ours\"}"u8.ToArray();
    private static readonly byte[] Theirs = "{\"n\":\"theirs\"}"u8.ToArray();

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task EachName_LeadsToItsRegistry_AndAnUnlistedOneNowhere()
    {
        await using var open = await ProxyUnderTest.StartAsync();
        await using var proxy = await StartAsync(open);
        using var client = new PullClient();
        var ecr = proxy.Ecr[Company.Near].EcrHost;
        proxy.Ecr[Company.Near].Content.PutManifest("team/app", Ours, ImageType, "v1");
        open.Region.Content.PutManifest("team/app", Theirs, ImageType, "v1");
        var url = $"{proxy.Url}/v2/team/app/manifests/v1";

        foreach (var (ns, manifest) in new[] { (ecr, Ours), (ecr.ToUpperInvariant(), Ours), (Hub, Theirs) })
        {
            using var answer = await client.GetAsync($"{url}?ns={ns}");
            Assert.Equal(manifest, await answer.BytesAsync());
            Assert.Equal(ns, answer.Header("OCI-Namespace"));
        }

        foreach (var unlisted in (string[])["other.example.com", ecr.Replace("eu-", "us-", StringComparison.Ordinal), "localhost", ""])
        {
            (await Pull.RunAsync(client, $"{url}?ns={unlisted}")).AssertError(HttpStatusCode.NotFound, "NAME_UNKNOWN");
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WhatIsCachedOfOneName_IsNeverAnothers()
    {
        await using var open = await ProxyUnderTest.StartAsync();
        await using var proxy = await StartAsync(open);
        using var client = new PullClient();
        var ecr = proxy.Ecr[Company.Near].EcrHost;
        var layer = TestLayer.Random(100_000);
        proxy.Ecr[Company.Near].Content.PutBlob("team/app", layer.Bytes);
        var digest = proxy.Ecr[Company.Near].Content.PutManifest("team/app", Ours, ImageType, "v1");
        open.Region.Content.PutManifest("team/app", Theirs, ImageType, "v1");
        var manifest = $"{proxy.Url}/v2/team/app/manifests/{digest}";

        Assert.Equal(Ours, await client.GetBytesAsync($"{manifest}?ns={ecr}"));
        (await Pull.RunAsync(client, $"{layer.Url(proxy)}?ns={ecr}")).AssertWhole(layer);
        await Until.TrueAsync(() => layer.IsStored(proxy));

        (await Pull.RunAsync(client, $"{manifest}?ns={Hub}")).AssertError(HttpStatusCode.NotFound, "MANIFEST_UNKNOWN");
        (await Pull.RunAsync(client, $"{layer.Url(proxy)}?ns={Hub}")).AssertError(HttpStatusCode.NotFound, "BLOB_UNKNOWN");

        // One server answers for both names, and each is asked for by itself.
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1?ns={Hub}");
        await open.StopAsync();
        Assert.Equal(Theirs, await client.GetBytesAsync($"{proxy.Url}/v2/team/app/manifests/v1?ns={Hub}"));
        (await Pull.RunAsync(client, $"{proxy.Url}/v2/team/app/manifests/v1?ns={Quay}"))
            .AssertError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TokenOfEcr_IsForNoOtherName()
    {
        using var recorded = new RecordingRegistry("{}", ImageType);
        await using var proxy = await Company.StartAsync(
            ecr => [ByName("all", Any(ecr, recorded.Address), ecr[Company.Near].EcrHost, Hub)]);
        using var client = new PullClient();
        var url = $"{proxy.Url}/v2/team/app/manifests/v1";

        await client.GetBytesAsync($"{url}?ns={proxy.Ecr[Company.Near].EcrHost}");
        await client.GetBytesAsync($"{url}?ns={Hub}");

        Assert.Equal([true, false], recorded.Heads.Select(head => head.Contains("Authorization: Basic ", StringComparison.Ordinal)));
        Assert.All(recorded.Heads, head => Assert.DoesNotContain("ns=", head, StringComparison.Ordinal));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task NameOfThisMachine_IsDialledOnlyWhereTheOperatorWroteIt()
    {
        const string here = "localhost:1"; // nobody is there
        await using var proxy = await Company.StartAsync(ecr =>
        [
            ByName("pattern", Any(ecr, null), "local*:1"),
            ByName("name", Any(ecr, null)) with { Match = new RuleMatch { Namespaces = [here], Prefix = "team" } },
        ]);
        using var client = new PullClient();

        var byPattern = await Pull.RunAsync(client, $"{proxy.Url}/v2/other/app/manifests/v1?ns={here}");
        var byName = await Pull.RunAsync(client, $"{proxy.Url}/v2/team/app/manifests/v1?ns={here}");

        byPattern.AssertError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        byName.AssertError(HttpStatusCode.ServiceUnavailable, "UNAVAILABLE");
        await proxy.LoggedAsync($"{here} is on this machine or its link");
        await proxy.LoggedAsync($"{here} refuses connections");
    }

    private static Task<ProxyUnderTest> StartAsync(ProxyUnderTest open) => Company.StartAsync(ecr =>
    [
        ByName("ecr", Any(ecr, ecr[Company.Near].Registry), ecr[Company.Near].EcrHost),
        ByName("open", Any(ecr, new Uri(open.Url)), Hub, Quay),
    ]);

    private static RuleOptions ByName(string name, RegistryOptions pattern, params string[] namespaces) => new()
    {
        Name = name, Shape = RuleShape.ByNamespace, Match = new RuleMatch { Namespaces = namespaces }, Registries = [pattern],
    };

    /// <summary>Whatever is named, at that address: with the near Region's token where the name is ECR's.</summary>
    private static RegistryOptions Any(LocalEcrServer ecr, Uri? endpoint)
    {
        var near = Company.Registry(ecr[Company.Near]);
        return near with { Name = "ns", Upstream = near.Upstream with { Host = null, Endpoint = endpoint } };
    }
}
