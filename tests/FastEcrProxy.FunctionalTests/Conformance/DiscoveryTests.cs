using System.Text.Json;
using FastEcrProxy.FunctionalTests.LocalEcr;
using FastEcrProxy.FunctionalTests.Push;
using FastEcrProxy.FunctionalTests.Requests;

namespace FastEcrProxy.FunctionalTests.Conformance;

/// <summary>The specification's cases of content discovery: tags and referrers.</summary>
public sealed class DiscoveryTests
{
    private const string Tags = $"/v2/{PushRig.Repository}/tags/list";
    private const string Signature = "application/vnd.example.signature";
    private const string Bom = "application/vnd.example.bom";

    public static TheoryData<bool> ByTheBook => [true, false];

    private static string Referrers => $"/v2/{PushRig.Repository}/referrers/";

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task TagList_IsWholeOrInPages(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);
        string[] tags = ["tagtest0", "test0", "test1", "test2", "test3"];
        foreach (var tag in tags[1..])
        {
            using var put = await subject.PutAsync(tag, Subject.Manifest);
            Assert.Equal(201, put.Status);
        }

        using var all = await subject.GetAsync(Tags);
        Assert.Equal(tags, await TagsAsync(all));

        List<string> inPages = [];
        for (var page = $"{Tags}?n=2"; page is not null;)
        {
            using var answer = await subject.GetAsync(page);
            Assert.Equal(200, answer.Status);
            var some = await TagsAsync(answer);
            Assert.InRange(some.Length, 1, 2);
            inPages.AddRange(some);
            page = Next(answer);
        }

        Assert.Equal(tags, inPages);

        using var none = await subject.GetAsync($"{Tags}?n=0");
        Assert.Empty(await TagsAsync(none));
        Assert.Null(none.Header("Link"));
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task RepositoryThatIsNotThere_HasNoTags(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook, withContent: false);

        using var none = await subject.GetAsync("/v2/team/none/tags/list");

        Assert.Equal(404, none.Status);
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task ReferrersOfWhatIsNotThere_AreAnEmptyIndex(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);

        using var none = await subject.GetAsync(Referrers + Subject.Unknown);

        Assert.Equal((200, Subject.IndexType), (none.Status, none.Header("Content-Type")));
        Assert.Empty(await DescriptorsAsync(none));
    }

    [Theory, MemberData(nameof(ByTheBook))]
    public async Task Referrers_AreListedByTheirSubject_AndByTheirType(bool byTheBook)
    {
        await using var subject = await Subject.StartAsync(byTheBook);
        var signature = Subject.ManifestOf(subject: Subject.ManifestDigest, artifactType: Signature);
        var bom = Subject.ManifestOf(subject: Subject.ManifestDigest, artifactType: Bom);
        foreach (var referrer in (byte[][])[signature, bom])
        {
            using var put = await subject.PutAsync(Pusher.DigestOf(referrer), referrer);
            Assert.Equal((201, Subject.ManifestDigest), (put.Status, put.Header("OCI-Subject")));
        }

        using var all = await subject.GetAsync(Referrers + Subject.ManifestDigest);
        using var some = await subject.GetAsync($"{Referrers}{Subject.ManifestDigest}?artifactType={Uri.EscapeDataString(Signature)}");

        Assert.Equal(new HashSet<string> { Pusher.DigestOf(signature), Pusher.DigestOf(bom) }, await DescriptorsAsync(all));
        var filtered = await DescriptorsAsync(some);
        Assert.Contains(Pusher.DigestOf(signature), filtered);
        Assert.Equal(some.Header("OCI-Filters-Applied") is null, filtered.Contains(Pusher.DigestOf(bom)));
    }

    [Fact]
    public async Task ReferrersOfNoDigest_AreRefused()
    {
        await using var subject = await Subject.StartAsync(byTheBook: false, withContent: false);

        using var wrong = await subject.GetAsync(Referrers + "sha256:nothing");

        Assert.Equal(400, wrong.Status);
    }

    private static string? Next(HttpResponseMessage answer) =>
        answer.Header("Link") is { } link ? link[1..link.IndexOf('>', StringComparison.Ordinal)] : null;

    private static async Task<string[]> TagsAsync(HttpResponseMessage answer) =>
        [.. (await answer.JsonAsync()).GetProperty("tags").EnumerateArray().Select(tag => tag.GetString()!).Order(StringComparer.Ordinal)];

    private static async Task<HashSet<string>> DescriptorsAsync(HttpResponseMessage answer)
    {
        Assert.Equal(200, answer.Status);
        return [.. (await answer.JsonAsync()).GetProperty("manifests").EnumerateArray().Select(DigestOf)];
    }

    private static string DigestOf(JsonElement descriptor) => descriptor.GetProperty("digest").GetString()!;
}
