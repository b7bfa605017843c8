using System.Security.Cryptography;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>A blob upstream, with the bytes that clients must get.</summary>
internal sealed record TestLayer(byte[] Bytes, string Digest)
{
    /// <summary>What tells how much has come from upstream.</summary>
    public const string Received = "fastecr_upstream_received_bytes_total";

    /// <summary>
    /// What the proxy may have read in vain where several connections share a layer: a buffer of each, and as much where one
    /// takes over from another. What was on its way besides is the sockets' and has no bound: tens of megabytes on some machines.
    /// </summary>
    public const long InBuffersBytes = 8 << 20;

    /// <summary>The repository that has it, where a test does not care.</summary>
    public const string Repository = "team/app";

    public string Hex => Digest["sha256:".Length..];

    /// <summary>Random bytes, the same for the same length and seed.</summary>
    public static TestLayer Random(int length, int seed = 1)
    {
        var bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return new TestLayer(bytes, "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes)));
    }

    /// <summary>Random bytes that are upstream already, in one repository.</summary>
    public static TestLayer Upstream(ProxyUnderTest proxy, int length, int seed = 1) =>
        Random(length, seed).PutInto(proxy, Repository);

    public TestLayer PutInto(ProxyUnderTest proxy, params ReadOnlySpan<string> repositories)
    {
        foreach (var repository in repositories)
        {
            proxy.Region.Content.PutBlob(repository, Bytes);
        }

        return this;
    }

    /// <summary>Where clients ask for it.</summary>
    public string Url(ProxyUnderTest proxy, string repository = Repository) => $"{proxy.Url}{Path(repository)}";

    public string Path(string repository = Repository) => $"/v2/{repository}/blobs/{Digest}";

    public string FileIn(string cacheDirectory) => System.IO.Path.Combine(cacheDirectory, "blobs", "sha256", Hex[..2], Hex);

    /// <summary>All of it has come from upstream, and nothing twice that could have been known.</summary>
    public async Task AssertCameOnceAsync(ProxyUnderTest proxy)
    {
        await Until.TrueAsync(() => IsStored(proxy));
        Assert.InRange(await proxy.MetricAsync(Received), Bytes.Length, Bytes.Length + InBuffersBytes);
    }

    public bool IsStored(ProxyUnderTest proxy) => File.Exists(FileIn(proxy.CacheDirectory));
}
