using System.Text;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.FunctionalTests.Requests;

namespace FastEcrProxy.FunctionalTests.Attacks;

/// <summary>Uploads that are somebody else's, out of order, or not what they say: refused, and neither stored nor kept.</summary>
public sealed class HostileUploadTests
{
    private const string Other = "team/other";

    private static readonly byte[] Layer = PushRig.Bytes(10_000);
    private static readonly string Digest = Pusher.DigestOf(Layer);

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("PATCH", "")]
    [InlineData("PUT", "DIGEST")]
    [InlineData("GET", "")]
    [InlineData("DELETE", "")]
    public async Task SessionOfAnotherRepository_IsUnknown(string method, string query)
    {
        await using var rig = await StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        var forged = location.Replace(PushRig.Repository, Other, StringComparison.Ordinal) + (query.Length == 0 ? "" : $"&digest={Digest}");
        using var answer = await rig.Client.SendAsync(new HttpMethod(method), forged, new ByteArrayContent([]));

        Assert.Equal((404, "BLOB_UPLOAD_UNKNOWN"), await Pusher.ErrorAsync(answer));
        using var own = await rig.Client.FinishAsync(location, Digest, Layer); // it goes on as if nothing had been
        Assert.Equal(201, own.Status);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("00000000-0000-0000-0000-000000000000")]
    [InlineData("x")]
    [InlineData("~")]
    [InlineData("....")]
    [InlineData("-")]
    public async Task SessionThatWasMadeUp_IsUnknown(string session)
    {
        await using var rig = await StartAsync();

        using var answer = await rig.Client.FinishAsync($"/v2/{PushRig.Repository}/blobs/uploads/{session}", Digest, Layer);

        Assert.Equal((404, "BLOB_UPLOAD_UNKNOWN"), await Pusher.ErrorAsync(answer));
        Assert.Null(rig.InRegistry(Digest));
        Assert.False(rig.IsCached(Digest));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("5000-14999", 416)]
    [InlineData("10001-20000", 416)]
    [InlineData("9999-19998", 416)]
    [InlineData("9223372036854775806-9223372036854775807", 400)]
    [InlineData("10000-9999", 400)]
    [InlineData("-5", 400)]
    [InlineData("10000-", 400)]
    [InlineData("0x2710-0x4e1f", 400)]
    [InlineData("10000-19999, 0-9", 400)]
    public async Task ChunkThatDoesNotFollow_IsRefused(string range, int status)
    {
        await using var rig = await StartAsync();
        using var first = await rig.Client.PatchAsync(await rig.Client.StartAsync(PushRig.Repository), Layer, 0);

        using var answer = await rig.Client.SendAsync(
            HttpMethod.Patch, first.Header("Location")!, new ByteArrayContent(Layer), range);

        Assert.Equal((status, "BLOB_UPLOAD_INVALID"), await Pusher.ErrorAsync(answer));
        using var last = await rig.Client.FinishAsync(first.Header("Location")!, Digest); // where it stood
        Assert.Equal(201, last.Status);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("sha512:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("sha256:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08")]
    [InlineData("sha256:../../../etc/passwd")]
    [InlineData("../../x")]
    public async Task DigestThatIsNone_IsRefusedAndNothingWritten(string digest)
    {
        await using var rig = await StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        using var answer = await rig.Client.FinishAsync(location, digest, Layer);

        Assert.Equal((400, "DIGEST_INVALID"), await Pusher.ErrorAsync(answer));
        Assert.Equal(0, rig.Region.Counters.UploadBytes);
        Assert.Empty(rig.Partials());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task UploadThatIsOver_IsNoUploadAnyMore()
    {
        await using var rig = await StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);
        using var first = await rig.Client.FinishAsync(location, Digest, Layer);

        using var again = await rig.Client.FinishAsync(location, Digest, Layer);
        using var more = await rig.Client.PatchAsync(location, Layer);

        Assert.Equal(201, first.Status);
        Assert.InRange(again.Status, 400, 404);
        Assert.InRange(more.Status, 400, 404);
        Assert.Equal(Layer, rig.InRegistry(Digest));
    }

    /// <summary>What comes behind a body is the next request, or nothing that is answered: never a part of the layer.</summary>
    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task BodyThatIsLongerThanItSays_IsReadAsFarAsItSays()
    {
        await using var rig = await StartAsync();
        var location = await rig.Client.StartAsync(PushRig.Repository);

        var answer = await RawExchange.SendAsync(
            rig.Proxy.Proxy.DataAddress,
            $"PATCH {location} HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhelloXXXXXXXX\r\n\r\n");

        Assert.Equal(202, answer.Status);
        Assert.StartsWith("HTTP/1.1 400 ", Encoding.Latin1.GetString(answer.Body), StringComparison.Ordinal);
        Assert.Equal(5, rig.Region.Counters.UploadBytes);
    }

    private static async Task<PushRig> StartAsync()
    {
        var rig = await PushRig.StartAsync();
        rig.Region.Content.CreateRepository(Other, null);
        return rig;
    }
}
