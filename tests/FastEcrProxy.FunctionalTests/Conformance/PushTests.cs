using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.FunctionalTests.Requests;

namespace FastEcrProxy.FunctionalTests.Conformance;

/// <summary>The specification's cases of pushing.</summary>
public sealed class PushTests
{
    private const string Uploads = $"/v2/{PushRig.Repository}/blobs/uploads/";
    private const string Other = "team/other";

    public static TheoryData<bool> ByTheBook => [true, false];

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task BlobStreamed_PatchThenPut(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook, withContent: false);
        var location = await subject.Rig.Client.StartAsync(PushRig.Repository);

        using var patched = await subject.Rig.Client.SendAsync(HttpMethod.Patch, location, new ByteArrayContent(Subject.Layer));
        using var put = await subject.Rig.Client.FinishAsync(patched.Header("Location")!, Subject.LayerDigest);

        Assert.Equal((202, 201), (patched.Status, put.Status));
        await AssertThereAsync(subject, put);
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task BlobMonolithic_OnePost(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook, withContent: false);
        using var before = await subject.GetAsync(Subject.Blobs + Subject.LayerDigest);

        using var posted = await subject.Rig.Client.SendAsync(
            HttpMethod.Post, $"{Uploads}?digest={Subject.LayerDigest}", new ByteArrayContent(Subject.Layer));

        Assert.Equal(404, before.Status);
        Assert.Contains(posted.Status, (int[])[201, 202]); // 202: it is to be sent to the upload that is named
        if (posted.Status == 202)
        {
            using var put = await subject.Rig.Client.FinishAsync(posted.Header("Location")!, Subject.LayerDigest, Subject.Layer);
            await AssertThereAsync(subject, put);
        }
        else
        {
            await AssertThereAsync(subject, posted);
        }
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task BlobMonolithic_PostThenPut(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook, withContent: false);

        using var put = await subject.Rig.Client.FinishAsync(
            await subject.Rig.Client.StartAsync(PushRig.Repository), Subject.LayerDigest, Subject.Layer);

        Assert.Equal(201, put.Status);
        await AssertThereAsync(subject, put);
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task BlobChunked_InOrderOnly(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook, withContent: false);
        var client = subject.Rig.Client;
        var start = await client.StartAsync(PushRig.Repository);

        using var outOfOrder = await client.PatchAsync(start, Subject.Layer[1000..], 1000);
        using var first = await client.PatchAsync(start, Subject.Layer[..1000], 0);
        var goesOn = first.Header("Location")!;
        using var again = await client.PatchAsync(goesOn, Subject.Layer[..1000], 0);
        using var status = await client.SendAsync(HttpMethod.Get, goesOn);
        using var second = await client.PatchAsync(status.Header("Location")!, Subject.Layer[1000..], 1000);
        using var put = await client.FinishAsync(second.Header("Location")!, Subject.LayerDigest);

        Assert.Equal(416, outOfOrder.Status);
        Assert.Equal((202, "0-999"), (first.Status, first.Header("Range")));
        Assert.Equal(416, again.Status);
        Assert.Equal((204, "0-999"), (status.Status, status.Header("Range")));
        Assert.Equal((202, $"0-{Subject.Layer.Length - 1}"), (second.Status, second.Header("Range")));
        Assert.Equal(201, put.Status);
        await AssertThereAsync(subject, put);
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task Mount_IsDoneOrBeginsAnUpload(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);
        subject.Rig.Region.Content.CreateRepository(Other);

        using var mounted = await subject.Rig.Client.SendAsync(
            HttpMethod.Post, $"/v2/{Other}/blobs/uploads/?mount={Subject.LayerDigest}&from={PushRig.Repository}");
        using var unnamed = await subject.Rig.Client.SendAsync(
            HttpMethod.Post, $"/v2/{Other}/blobs/uploads/?mount={Subject.Unknown}");

        Assert.Contains(mounted.Status, (int[])[201, 202]);
        Assert.StartsWith($"/v2/{Other}/blobs/", mounted.Header("Location"), StringComparison.Ordinal);
        if (mounted.Status == 201)
        {
            using var there = await subject.GetAsync($"/v2/{Other}/blobs/{Subject.LayerDigest}");
            Assert.Equal(Subject.Layer, await there.BytesAsync());
        }

        Assert.Equal(202, unnamed.Status);
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task UploadThatIsGivenUp_IsGone(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook, withContent: false);
        var location = await subject.Rig.Client.StartAsync(PushRig.Repository);

        using var cancelled = await subject.DeleteAsync(location);
        using var status = await subject.GetAsync(location);

        Assert.Equal((204, 404), (cancelled.Status, status.Status));
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task Manifest_ByTagAndByDigest(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);
        using var before = await subject.GetAsync(Subject.Manifests + "v9");
        var another = Subject.ManifestOf(annotation: "another");

        using var byTag = await subject.PutAsync("v9", Subject.Manifest);
        using var byDigest = await subject.PutAsync(Pusher.DigestOf(another), another);
        using var there = await subject.GetAsync(Subject.Manifests + "v9");
        using var thereToo = await subject.GetAsync(Subject.Manifests + Pusher.DigestOf(another));

        Assert.Equal(404, before.Status);
        Assert.Equal((201, 201), (byTag.Status, byDigest.Status));
        Assert.All([byTag, byDigest], put => Assert.StartsWith(Subject.Manifests, put.Header("Location"), StringComparison.Ordinal));
        Assert.Equal(Subject.Manifest, await there.BytesAsync());
        Assert.Equal(another, await thereToo.BytesAsync());
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task ManifestWhoseDigestIsNotTheNamed_IsRefused(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);

        using var wrong = await subject.PutAsync("sha256:totallywrong", Subject.Manifest);
        using var another = await subject.PutAsync(Subject.Unknown, Subject.Manifest);

        Assert.Equal((400, "DIGEST_INVALID"), await CodeAsync(wrong));
        Assert.Equal(400, another.Status);
    }

    private static async Task AssertThereAsync(Subject subject, HttpResponseMessage finished)
    {
        Assert.Equal(201, finished.Status);
        var location = finished.Header("Location")!;
        Assert.Equal(Subject.Blobs + Subject.LayerDigest, location);
        using var blob = await subject.GetAsync(location);
        Assert.Equal(Subject.Layer, await blob.BytesAsync());
    }

    private static async Task<(int Status, string Code)> CodeAsync(HttpResponseMessage answer)
    {
        var (status, code, _) = await answer.ErrorAsync();
        return (status, code);
    }
}
