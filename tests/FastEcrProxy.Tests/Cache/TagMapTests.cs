using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Tests.Cache;

public sealed class TagMapTests : IDisposable
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromDays(7);
    private static readonly AcceptKey Docker = AcceptKey.From(["application/vnd.docker.distribution.manifest.v2+json"]);
    private static readonly AcceptKey Oci = AcceptKey.From(["application/vnd.oci.image.manifest.v1+json"]);
    private static readonly Digest One = Digest.Of([1]);
    private static readonly Digest Two = Digest.Of([2]);

    private readonly TempFolder _folder = new();
    private readonly ImpatientClock _clock = new();
    private readonly CacheDirectory _directory;
    private readonly RepositoryKey _app;
    private readonly TagMap _tags;

    public TagMapTests()
    {
        _directory = CacheDirectory.Open(_folder.Path);
        _app = Named.Repository("team/app");
        _tags = AfterRestart();
    }

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void UnknownTag_IsNull() => Assert.Null(_tags.TryGet(_app, "v1", Docker));

    [Fact]
    public void Tag_IsKeptApartByWhatWasAccepted()
    {
        _tags.Put(_app, "v1", Docker, Entry(One));
        _tags.Put(_app, "v1", Oci, Entry(Two));

        Assert.Equal(One, _tags.TryGet(_app, "v1", Docker)?.Digest);
        Assert.Equal(Two, _tags.TryGet(_app, "v1", Oci)?.Digest);
        Assert.Null(_tags.TryGet(_app, "v1", default));
        Assert.Null(_tags.TryGet(_app, "v2", Docker));
    }

    [Fact]
    public void Tag_IsKeptApartByRepository()
    {
        var team = Named.Repository("team");

        _tags.Put(team, "app", Docker, Entry(One));

        Assert.Null(_tags.TryGet(_app, "app", Docker));
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("_links")]
    [InlineData("1..2")]
    [InlineData("a.tag")]
    public void Tag_SurvivesARestart(string tag)
    {
        var entry = Entry(One);
        _tags.Put(_app, tag, Docker, entry);

        Assert.Equal(entry, AfterRestart().TryGet(_app, tag, Docker));
    }

    [Fact]
    public void DeletedManifest_TakesItsTagsAlong()
    {
        _tags.Put(_app, "v1", Docker, Entry(One));
        _tags.Put(_app, "v2", Oci, Entry(One));
        _tags.Put(_app, "v3", Docker, Entry(Two));
        _tags.Put(Named.Repository("team"), "v1", Docker, Entry(One));

        AfterRestart().RemoveAll(_app, One); // by what is on disk
        _tags.RemoveAll(_app, One);          // and by what is in memory

        Assert.Null(_tags.TryGet(_app, "v1", Docker));
        Assert.Null(_tags.TryGet(_app, "v2", Oci));
        Assert.Equal(Two, _tags.TryGet(_app, "v3", Docker)?.Digest);
        Assert.Equal(One, _tags.TryGet(Named.Repository("team"), "v1", Docker)?.Digest);
        Assert.Null(AfterRestart().TryGet(_app, "v2", Oci));
    }

    [Fact]
    public void TagThatMoved_IsOnDiskAtOnce()
    {
        _tags.Put(_app, "v1", Docker, Entry(One));

        _tags.Put(_app, "v1", Docker, Entry(Two));

        Assert.Equal(Two, AfterRestart().TryGet(_app, "v1", Docker)?.Digest);
    }

    [Fact]
    public void TagThatStays_IsOnDiskToTheMinute()
    {
        var first = Entry(One);
        _tags.Put(_app, "v1", Docker, first);
        _clock.Advance(TimeSpan.FromSeconds(59));
        _tags.Put(_app, "v1", Docker, Entry(One));
        Assert.Equal(_clock.GetUtcNow(), _tags.TryGet(_app, "v1", Docker)?.CheckedAt);
        Assert.Equal(first, AfterRestart().TryGet(_app, "v1", Docker));

        _clock.Advance(TimeSpan.FromSeconds(1));
        _tags.Put(_app, "v1", Docker, Entry(One));

        Assert.Equal(_clock.GetUtcNow(), AfterRestart().TryGet(_app, "v1", Docker)?.CheckedAt);
    }

    [Fact]
    public void ClientThatMakesUpWhatItAccepts_FillsSixteenPlacesAndNoMore()
    {
        _tags.Put(_app, "v1", Docker, Entry(One));
        for (var i = 0; i < 40; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            _tags.Put(_app, "v1", AcceptKey.From([$"made/up{i}"]), Entry(Two));
        }

        _tags.Put(_app, "v1", AcceptKey.From([new string('x', 3000)]), Entry(Two));

        Assert.Equal(16, TagFiles("v1").Length);
        Assert.Null(_tags.TryGet(_app, "v1", Docker));
        Assert.Equal(Two, _tags.TryGet(_app, "v1", AcceptKey.From(["made/up39"]))?.Digest);
    }

    [Fact]
    public void OtherAnswers_ComeNewestFirst()
    {
        _tags.Put(_app, "v1", Docker, Entry(One));
        _clock.Advance(TimeSpan.FromSeconds(1));
        _tags.Put(_app, "v1", AcceptKey.From(["a/b"]), Entry(Two));

        Assert.Equal([Two, One], _tags.Others(_app, "v1").Select(entry => entry.Digest));
        Assert.Empty(_tags.Others(_app, "v2"));
    }

    [Fact]
    public void RemovedTag_IsGoneFromMemoryAndDiskForEveryAccept()
    {
        _tags.Put(_app, "v1", Docker, Entry(One));
        _tags.Put(_app, "v1", Oci, Entry(One));

        _tags.Remove(_app, "v1");
        _tags.Remove(_app, "never");

        Assert.Null(_tags.TryGet(_app, "v1", Docker));
        Assert.Null(_tags.TryGet(_app, "v1", Oci));
        Assert.Null(AfterRestart().TryGet(_app, "v1", Docker));
    }

    [Fact]
    public void AnswersToOthers_AreTheNewestFirst()
    {
        _tags.Put(_app, "v1", Docker, Entry(One));
        _clock.Advance(TimeSpan.FromSeconds(1));
        _tags.Put(_app, "v1", Oci, Entry(Two));

        Assert.Equal([Two, One], _tags.Others(_app, "v1").Select(static entry => entry.Digest));
        Assert.Empty(_tags.Others(_app, "v2"));
    }

    [Fact]
    public void ClientThatMakesUpAccepts_CannotFillMemoryOrDisk()
    {
        for (var i = 0; i < 40; i++)
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            _tags.Put(_app, "v1", AcceptKey.From([$"made/up-{i}"]), Entry(One));
        }

        _tags.Put(_app, "v1", AcceptKey.From([new string('a', 3000)]), Entry(Two));

        Assert.Equal(16, TagFiles("v1").Length);
        Assert.Null(_tags.TryGet(_app, "v1", AcceptKey.From(["made/up-0"])));
        Assert.NotNull(_tags.TryGet(_app, "v1", AcceptKey.From(["made/up-39"])));
        Assert.DoesNotContain(_tags.Others(_app, "v1"), static entry => entry.Digest == Two);
    }

    [Fact]
    public void TagTooOldEvenForAnOutage_IsForgottenWithItsDirectory()
    {
        _tags.Put(_app, "old", Docker, Entry(One));
        _clock.Advance(KeptFor + TimeSpan.FromHours(1));
        _tags.Put(_app, "new", Docker, Entry(Two));
        File.SetLastWriteTimeUtc(Assert.Single(TagFiles("new")), _clock.GetUtcNow().UtcDateTime);

        _tags.Prune();

        Assert.Null(_tags.TryGet(_app, "old", Docker));
        Assert.Equal(Two, AfterRestart().TryGet(_app, "new", Docker)?.Digest);
        var left = Directory.GetDirectories(Path.Combine(_directory.Repository(_app), "_tags"));
        Assert.Equal(["new"], left.Select(Path.GetFileName));
    }

    [Fact]
    public void LeftoverOfADeadProcess_GoesWithTheOldTags()
    {
        _tags.Put(_app, "v1", Docker, Entry(One));
        var leftover = Assert.Single(TagFiles("v1")) + ".xyz.tmp";
        File.WriteAllText(leftover, "");
        File.SetLastWriteTimeUtc(leftover, _clock.GetUtcNow().UtcDateTime - KeptFor - TimeSpan.FromHours(1));

        _tags.Prune();

        Assert.False(File.Exists(leftover));
        Assert.Single(TagFiles("v1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("rubbish")]
    [InlineData("sha256:00\n2026-01-01T00:00:00.0000000+00:00\n")]
    public void DamagedFile_IsAsGoodAsNone(string content)
    {
        _tags.Put(_app, "v1", Docker, Entry(One));
        File.WriteAllText(Assert.Single(TagFiles("v1")), content);

        Assert.Null(AfterRestart().TryGet(_app, "v1", Docker));
    }

    [Fact]
    public void DiskThatRefuses_CostsOnlyTheAnswersAfterARestart()
    {
        Directory.Delete(_directory.Repositories);
        File.WriteAllText(_directory.Repositories, "in the way");

        _tags.Put(_app, "v1", Docker, Entry(One));

        Assert.Equal(One, _tags.TryGet(_app, "v1", Docker)?.Digest);
        Assert.Null(_tags.TryGet(_app, "v2", Docker));
        _tags.Remove(_app, "v1");
        Assert.Null(_tags.TryGet(_app, "v1", Docker));
    }

    private TagEntry Entry(Digest digest) => new(digest, _clock.GetUtcNow());

    private string[] TagFiles(string tag) =>
        Directory.GetFiles(Path.Combine(_directory.Repository(_app), "_tags", tag), "*.tag");

    private TagMap AfterRestart() => new(_directory, KeptFor, _clock, NullLogger<TagMap>.Instance);
}
