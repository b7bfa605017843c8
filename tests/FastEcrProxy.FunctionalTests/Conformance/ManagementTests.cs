using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.FunctionalTests.Requests;

namespace FastEcrProxy.FunctionalTests.Conformance;

/// <summary>The specification's cases of content management: what is deleted is gone, from the cache too.</summary>
public sealed class ManagementTests
{
    public static TheoryData<bool> ByTheBook => [true, false];

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task Tag_IsDeletedAndTheManifestStays(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);
        using var put = await subject.PutAsync("other", Subject.Manifest); // with its last tag, an image of ECR goes too
        using var known = await subject.GetAsync(Subject.Manifests + Subject.Tag);

        using var deleted = await subject.DeleteAsync(Subject.Manifests + Subject.Tag);
        using var gone = await subject.GetAsync(Subject.Manifests + Subject.Tag);
        using var stays = await subject.GetAsync(Subject.Manifests + Subject.ManifestDigest);

        Assert.Equal((200, 202, 404, 200), (known.Status, deleted.Status, gone.Status, stays.Status));
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task Manifest_IsDeletedWithItsTags(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);
        using var known = await subject.GetAsync(Subject.Manifests + Subject.ManifestDigest);

        using var deleted = await subject.DeleteAsync(Subject.Manifests + Subject.ManifestDigest);
        using var gone = await subject.GetAsync(Subject.Manifests + Subject.ManifestDigest);
        using var tag = await subject.GetAsync(Subject.Manifests + Subject.Tag);
        using var again = await subject.DeleteAsync(Subject.Manifests + Subject.ManifestDigest);
        using var list = await subject.GetAsync($"/v2/{PushRig.Repository}/tags/list");

        Assert.Equal((200, 202, 404, 404, 404), (known.Status, deleted.Status, gone.Status, tag.Status, again.Status));
        Assert.Empty((await list.JsonAsync()).GetProperty("tags").EnumerateArray());
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task Blob_IsDeletedOrThatIsRefused(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);

        using var deleted = await subject.DeleteAsync(Subject.Blobs + Subject.LayerDigest);
        using var after = await subject.GetAsync(Subject.Blobs + Subject.LayerDigest);

        Assert.Contains(deleted.Status, (int[])[202, 405]); // ECR deletes layers itself, with the last image that names them
        Assert.Equal(deleted.Status == 202 ? 404 : 200, after.Status);
    }
}
