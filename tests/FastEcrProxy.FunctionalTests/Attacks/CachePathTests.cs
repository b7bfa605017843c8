using System.Security.Cryptography;
using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>Names that might lead out of the cache, or to content under another name than its own.</summary>
public sealed class CachePathTests
{
    private static readonly byte[] Layer = Encoding.ASCII.GetBytes("a layer that only team/app has");
    private static readonly string Hex = Convert.ToHexStringLower(SHA256.HashData(Layer));
    private static readonly string Hex512 = Convert.ToHexStringLower(SHA512.HashData(Layer));

    /// <summary>HEX is the layer's name, SHARD its first two digits, CACHE the cache's directory.</summary>
    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("/v2/team/other/blobs/sha256:HEX")]
    [InlineData("/v2/team/blobs/sha256:HEX")]
    [InlineData("/v2/team/app/app/blobs/sha256:HEX")]
    [InlineData("/v2/team/app/manifests/sha256:HEX")]
    [InlineData("/v2/team/app/blobs/sha512:HEXHEX")]
    [InlineData("/v2/team/app/blobs/sha512:HEX")]
    [InlineData("/v2/team/app/blobs/sha256:HEXHEX")]
    [InlineData("/v2/team/app/blobs/sha384:HEX")]
    [InlineData("/v2/team/app/blobs/sha256+b64:HEX")]
    [InlineData("/v2/team/app/blobs/blake3:HEX")]
    [InlineData("/v2/team/app/blobs/SHA256:HEX")]
    [InlineData("/v2/team/app/blobs/sha256:hEX")]
    [InlineData("/v2/team/app/blobs/sha256-HEX")]
    [InlineData("/v2/team/app/blobs/sha256:SHARD/HEX")]
    [InlineData("/v2/team/app/blobs/sha256:HEX%20")]
    [InlineData("/v2/team/app/blobs/sha256:HEX.")]
    [InlineData("/v2/team/app/blobs/sha256:HEX\\")]
    [InlineData("/v2/team/app/blobs/sha256:HEX;x")]
    [InlineData("/v2/team/app/blobs/sha256:*")]
    [InlineData("/v2/team/app/blobs/sha256:..%2f..%2f..%2fblobs%2fsha256%2fSHARD%2fHEX")]
    [InlineData("/v2/team/app/blobs/../../other/blobs/sha256:HEX")]
    [InlineData("/v2/..%2f..%2fblobs/blobs/sha256:HEX")]
    [InlineData("/v2/team/app/%2e%2e/app/blobs/sha256:HEX")]
    [InlineData("/v2/team\\app/blobs/sha256:HEX")]
    [InlineData("/v2/TEAM/APP/blobs/sha256:HEX")]
    [InlineData("/v2/team/app/_tags/blobs/sha256:HEX")]
    [InlineData("/v2/@team/app/blobs/sha256:HEX")]
    [InlineData("/v2/team/app/../../../CACHE/blobs/sha256/SHARD/HEX")]
    [InlineData("/CACHE/blobs/sha256/SHARD/HEX")]
    [InlineData("/v2/CACHE/blobs/sha256/SHARD/HEX")]
    [InlineData("/blobs/sha256/SHARD/HEX")]
    public async Task OtherName_IsNeverThatContent(string path)
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutBlob("team/app", Layer);
        proxy.Region.Content.CreateRepository("team/other");
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/sha256:{Hex}");
        var before = Files(proxy);

        var answer = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", path
            .Replace("hEX", Hex.ToUpperInvariant(), StringComparison.Ordinal)
            .Replace("HEX", Hex, StringComparison.Ordinal)
            .Replace("SHARD", Hex[..2], StringComparison.Ordinal)
            .Replace("CACHE", proxy.CacheDirectory.TrimStart('/'), StringComparison.Ordinal));

        Assert.InRange(answer.Status, 400, 414);
        Assert.NotEmpty(answer.ErrorCode());
        Assert.DoesNotContain("a layer that", Encoding.Latin1.GetString(answer.Body), StringComparison.Ordinal);
        before.Add($"blobs/sha256/{Hex[..2]}/{Hex}"); // the layer's own, which may have been published meanwhile
        Assert.Subset(before, Files(proxy));
    }

    /// <summary>The same bytes by their other name: verified under that name, and a file of its own.</summary>
    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task LongerDigestThatBeginsLikeAShorterOne_IsAnotherName()
    {
        await using var proxy = await ProxyUnderTest.StartAsync();
        using var client = new PullClient();
        proxy.Region.Content.PutBlob("team/app", Layer);
        await client.GetBytesAsync($"{proxy.Url}/v2/team/app/blobs/sha256:{Hex}");

        var answer = await RawExchange.AskAsync(
            proxy.Proxy.DataAddress, "GET", $"/v2/team/app/blobs/sha512:{Hex}{Hex512[..64]}");

        Assert.Equal(404, answer.Status);
    }

    private static HashSet<string> Files(ProxyUnderTest proxy) =>
    [
        .. Directory.GetFiles(Path.Combine(proxy.CacheDirectory, "blobs"), "*", SearchOption.AllDirectories)
            .Concat(Directory.GetFiles(Path.Combine(proxy.CacheDirectory, "manifests"), "*", SearchOption.AllDirectories))
            .Select(file => Path.GetRelativePath(proxy.CacheDirectory, file)),
    ];
}
