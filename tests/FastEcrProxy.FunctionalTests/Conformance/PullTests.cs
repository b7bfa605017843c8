using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.FunctionalTests.Requests;

namespace FastEcrProxy.FunctionalTests.Conformance;

/// <summary>The specification's cases of pulling.</summary>
public sealed class PullTests
{
    public static TheoryData<bool> ByTheBook => [true, false];

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task Blobs(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);

        using var noHead = await subject.HeadAsync(Subject.Blobs + Subject.Unknown);
        using var head = await subject.HeadAsync(Subject.Blobs + Subject.LayerDigest);
        using var none = await subject.GetAsync(Subject.Blobs + Subject.Unknown);
        using var blob = await subject.GetAsync(Subject.Blobs + Subject.LayerDigest);

        Assert.Equal(404, noHead.Status);
        Assert.Equal((200, $"{Subject.Layer.Length}"), (head.Status, head.Header("Content-Length")));
        Assert.Equal(Subject.LayerDigest, head.Header("Docker-Content-Digest"));
        Assert.Equal((404, "BLOB_UNKNOWN"), await CodeAsync(none));
        Assert.Equal(200, blob.Status);
        Assert.Equal(Subject.Layer, await blob.BytesAsync());
    }

    /// <summary>First byte, last byte (null: to the end), and what comes; a suffix has no first byte.</summary>
    [Theory]
    [InlineData("bytes=500-1499", 206, 500, 1499)]
    [InlineData("bytes=65000-", 206, 65_000, 65_535)]
    [InlineData("bytes=-500", 206, 65_036, 65_535)]
    [InlineData("bytes=65000-70000", 206, 65_000, 65_535)]
    [InlineData("bytes=65536-", 416, 0, 0)]
    [InlineData("bytes=500-0", 416, 0, 0)]
    public async Task Ranges(string range, int status, int first, int last)
    {
        await using var subject = await Subject.StartAsync(byTheBook: false);
        using var client = new Proxy.PullClient();

        using var answer = await client.GetAsync(subject.Rig.Proxy.Url + Subject.Blobs + Subject.LayerDigest, ("Range", range));

        Assert.Equal(status, answer.Status);
        if (status == 206)
        {
            Assert.Equal($"bytes {first}-{last}/{Subject.Layer.Length}", answer.Header("Content-Range"));
            Assert.Equal(Subject.Layer[first..(last + 1)], await answer.BytesAsync());
        }
        else
        {
            Assert.Equal($"bytes */{Subject.Layer.Length}", answer.Header("Content-Range"));
        }
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task Manifests(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);

        using var noHead = await subject.HeadAsync(Subject.Manifests + Subject.Unknown);
        using var noTag = await subject.HeadAsync(Subject.Manifests + "no-such-tag");
        using var headByDigest = await subject.HeadAsync(Subject.Manifests + Subject.ManifestDigest);
        using var headByTag = await subject.HeadAsync(Subject.Manifests + Subject.Tag);
        using var none = await subject.GetAsync(Subject.Manifests + Subject.Unknown);
        using var byDigest = await subject.GetAsync(Subject.Manifests + Subject.ManifestDigest);
        using var byTag = await subject.GetAsync(Subject.Manifests + Subject.Tag);

        Assert.Equal((404, 404), (noHead.Status, noTag.Status));
        Assert.Equal((404, "MANIFEST_UNKNOWN"), await CodeAsync(none));
        Assert.All([headByDigest, headByTag, byDigest, byTag], answer =>
        {
            Assert.Equal(200, answer.Status);
            Assert.Equal(PushRig.ManifestType, answer.Header("Content-Type"));
            Assert.Equal($"{Subject.Manifest.Length}", answer.Header("Content-Length"));
            Assert.Equal(Subject.ManifestDigest, answer.Header("Docker-Content-Digest"));
        });
        Assert.Equal(Subject.Manifest, await byDigest.BytesAsync());
        Assert.Equal(Subject.Manifest, await byTag.BytesAsync());
    }

    [Fact]
    public async Task Ping_IsAnswered()
    {
        await using var subject = await Subject.StartAsync(byTheBook: false, withContent: false);

        using var ping = await subject.GetAsync("/v2/");

        Assert.Equal((200, "registry/2.0"), (ping.Status, ping.Header("Docker-Distribution-Api-Version")));
    }

    private static async Task<(int Status, string Code)> CodeAsync(HttpResponseMessage answer)
    {
        var (status, code, _) = await answer.ErrorAsync();
        return (status, code);
    }
}
