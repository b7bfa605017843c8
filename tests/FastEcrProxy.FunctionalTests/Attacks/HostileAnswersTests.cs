using System.IO.Compression;
using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>A registry whose answers are no HTTP, never end, or are not what they say: an error in time, and nothing kept.</summary>
public sealed class HostileAnswersTests
{
    private const string Hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"; // of "test"
    private const string Blob = "/v2/team/app/blobs/sha256:" + Hex;
    private const string ByDigest = "/v2/team/app/manifests/sha256:" + Hex;
    private const string ByTag = "/v2/team/app/manifests/v1";
    private const string Tags = "/v2/team/app/tags/list";
    private const string Manifest = "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n";
    private const long TakenMax = 64L << 20; // what the sockets hold, and a manifest's 8 MiB

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nContent-Length: 0x2\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n{}\r\n0\r\n\r\n")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\n{}\r\n0\r\n\r\n")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nX\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/9.9 200 OK\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/1.1 two hundred\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\n")]
    [InlineData(ByTag, "")]
    [InlineData(ByTag, "SSH-2.0-OpenSSH_9.6\r\n")]
    [InlineData(ByTag, "\u0016\u0003\u0001\0\u0005")]
    [InlineData(ByTag, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData(ByTag, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/2\r\nContent-Length: 2\r\n\r\n{}")]
    [InlineData(ByTag, "HTTP/1.1 302 Found\r\nLocation: /v2/team/app/manifests/v1\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(ByDigest, "HTTP/1.1 200 OK\r\n" + Manifest + "Content-Length: 5\r\n\r\ntest!")]
    [InlineData(ByDigest, "HTTP/1.1 200 OK\r\n" + Manifest + "Content-Length: 0\r\n\r\n")]
    [InlineData(ByDigest, "HTTP/1.1 200 OK\r\n" + Manifest + "Content-Length: 3\r\n\r\ntest")]
    [InlineData(Blob, "HTTP/1.1 200 OK\r\nContent-Length: -4\r\n\r\ntest")]
    [InlineData(Blob, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nwrong")]
    [InlineData(Blob, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\ntest\r\n0\r\n\r\n")]
    [InlineData(Blob, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong")]
    [InlineData(Blob, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntest")]
    [InlineData(Blob, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 9-12/4\r\nContent-Length: 4\r\n\r\ntest")]
    [InlineData(Blob, "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-3/*\r\nContent-Length: 4\r\n\r\ntest")]
    [InlineData(Blob, "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\ntest")]
    public async Task AnswerThatMakesNoSense_IsAnErrorAndNotKept(string path, string answer)
    {
        using var registry = new HostileRegistry(answer);
        await using var proxy = await StartAsync(registry);

        var told = await BareAnswer.GetAsync(proxy, path);

        Assert.True(told.Status is 502 or 503 || (path == Blob && !told.IsWhole), told.Text); // a layer may have begun
        AssertNothingKept(proxy);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task CompressedLayer_IsNeitherUnpackedNorTakenForTheLayer()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var written = 0; written < 64; written++)
            {
                gzip.Write(zeros);
            }
        }

        using var registry = new HostileRegistry(
            $"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {packed.Length}\r\n\r\n"
            + Encoding.Latin1.GetString(packed.ToArray()));
        await using var proxy = await StartAsync(registry);

        var told = await BareAnswer.GetAsync(proxy, Blob);

        Assert.True(told.Status is 502 || !told.IsWhole);
        Assert.InRange(told.Body.Length, 0, packed.Length);
        AssertNothingKept(proxy);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\n", "X-Filler: 0123456789012345678901234567890123456789\r\n")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\nX-Filler: ", "0123456789012345678901234567890123456789")]
    [InlineData(ByTag, "HTTP/1.1 ", "2")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\n" + Manifest + "\r\n", " ")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\n" + Manifest + "Content-Length: 1073741824\r\n\r\n", " ")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\n" + Manifest + "Transfer-Encoding: chunked\r\n\r\n", "4\r\n    \r\n")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\n" + Manifest + "Transfer-Encoding: chunked\r\n\r\n1;", "extension")]
    [InlineData(ByTag, "HTTP/1.1 200 OK\r\n" + Manifest + "\r\n{\"layers\":", "[")]
    [InlineData(ByTag, "HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\n\r\n{\"errors\":[", "{},")]
    [InlineData(ByDigest, "HTTP/1.1 200 OK\r\n" + Manifest + "\r\n", " ")]
    [InlineData(Tags, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{\"name\":\"team/app\",\"tags\":[", "\"v1\",")]
    [InlineData(Tags, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1073741824\r\n\r\n", " ")]
    [InlineData(Blob, "HTTP/1.1 200 OK\r\n\r\n", "layer")]
    [InlineData(Blob, "HTTP/1.1 200 OK\r\nContent-Length: 9223372036854775807\r\n\r\n", "layer")]
    public async Task EndlessAnswer_IsGivenUp(string path, string beginning, string piece)
    {
        HostileRegistry? self = null;
        var pieces = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(piece, (64 << 10) / piece.Length)));
        using var registry = self = new HostileRegistry(async (_, stream) =>
        {
            await stream.WriteAsync(Encoding.Latin1.GetBytes(beginning));
            await self!.WriteEndlesslyAsync(stream, pieces);
        });
        await using var proxy = await StartAsync(registry);
        using var client = new PullClient();

        using var answer = await client.GetAsync($"{proxy.Url}{path}");

        Assert.Contains(answer.Status, (int[])[200, 404, 502, 503]);
        if (answer.Status == 200)
        {
            await Assert.ThrowsAnyAsync<HttpRequestException>(answer.BytesAsync); // a layer past the cache: broken off, or not over
        }

        await Until.TrueAsync(() => registry.Written < TakenMax, "no more is taken");
        AssertNothingKept(proxy);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("31536000000000", 429)]
    [InlineData("99999999999999999999999", 429)]
    [InlineData("-1", 429)]
    [InlineData("1e9", 429)]
    [InlineData("Fri, 31 Dec 9999 23:59:59 GMT", 429)]
    [InlineData("9999999999", 503)]
    [InlineData("\u00e4", 503)]
    public async Task TimeToWait_IsNeverWaitedForHere(string retryAfter, int status)
    {
        using var registry = new HostileRegistry($"HTTP/1.1 {status} Later\r\nRetry-After: {retryAfter}\r\nContent-Length: 0\r\n\r\n");
        await using var proxy = await StartAsync(registry);

        var told = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", ByTag);

        Assert.Equal(status, told.Status);
        Assert.InRange(long.Parse(told.Header("Retry-After") ?? "5", System.Globalization.CultureInfo.InvariantCulture), 0, 86_400);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(3, 200)]
    [InlineData(1_000_000, 0)]
    public async Task InterimAnswers_AreSkipped_ButNotForEver(int count, int status)
    {
        HostileRegistry? self = null;
        using var registry = self = new HostileRegistry(async (_, stream) =>
        {
            var interim = Encoding.Latin1.GetBytes("HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n");
            for (var sent = 0; sent < count; sent++)
            {
                await stream.WriteAsync(interim);
            }

            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{Manifest}Content-Length: 2\r\n\r\n{{}}"));
        });
        await using var proxy = await StartAsync(registry);

        var told = await RawExchange.AskAsync(proxy.Proxy.DataAddress, "GET", ByTag);

        Assert.Contains(told.Status, status == 0 ? (int[])[200, 502, 503] : [status]); // all of it is a body's worth of bytes: no harm
    }

    private static void AssertNothingKept(ProxyUnderTest proxy) => Assert.All(
        (string[])["blobs", "manifests"],
        shelf => Assert.Empty(Directory.GetFiles(Path.Combine(proxy.CacheDirectory, shelf), "*", SearchOption.AllDirectories)));

    private static Task<ProxyUnderTest> StartAsync(HostileRegistry registry) => ProxyUnderTest.StartAsync(adjust: settings => settings with
    {
        Upstream = settings.Upstream with { Host = null, Endpoint = registry.Address, UsesEcrToken = false },
    });
}
