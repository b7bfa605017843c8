using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Cache;

public sealed class PushedTagsTests
{
    private static readonly Digest Newer = Digest.Of("newer"u8);
    private static readonly Digest Newest = Digest.Of("newest"u8);
    private static readonly RepositoryKey App = Named.Repository("team/app");

    private readonly FakeTimeProvider _time = new();
    private readonly PushedTags _tags;

    public PushedTagsTests() => _tags = new PushedTags(_time);

    [Fact]
    public void PushedTag_IsKnownForItsTime()
    {
        _tags.Put(App, "1.0", Newer);
        Assert.Equal(Newer, _tags.Find(App, "1.0"));

        _time.Advance(PushedTags.KeptFor);

        Assert.Null(_tags.Find(App, "1.0"));
    }

    [Fact]
    public void WhatThePrimaryHasSince_TakesItsPlaceButNotItsTime()
    {
        _tags.Put(App, "1.0", Newer);
        _time.Advance(PushedTags.KeptFor / 2);

        _tags.Correct(App, "1.0", Newest);
        _tags.Correct(App, "never-pushed", Newest);

        Assert.Equal(Newest, _tags.Find(App, "1.0"));
        Assert.Null(_tags.Find(App, "never-pushed"));
        _time.Advance(PushedTags.KeptFor / 2);
        Assert.Null(_tags.Find(App, "1.0"));
    }

    [Fact]
    public void OtherTagsAndRepositories_AreNotMeant()
    {
        _tags.Put(App, "1.0", Newer);

        Assert.Null(_tags.Find(App, "1.1"));
        Assert.Null(_tags.Find(Named.Repository("team/app", scope: "other"), "1.0"));
    }

    [Fact]
    public void DeletedManifest_IsForgottenUnderAllItsTags()
    {
        _tags.Put(App, "1.0", Newer);
        _tags.Put(App, "latest", Newer);
        _tags.Put(App, "2.0", Newest);

        _tags.ForgetAll(App, Newer);

        Assert.Equal((null, null, Newest), (_tags.Find(App, "1.0"), _tags.Find(App, "latest"), _tags.Find(App, "2.0")));
    }

    [Fact]
    public void DeletedTag_IsForgotten()
    {
        _tags.Put(App, "1.0", Newer);

        _tags.Forget(App, "1.0");

        Assert.Null(_tags.Find(App, "1.0"));
    }

    [Fact]
    public void TooMany_TheOldestAreLeftToTheRegistries()
    {
        for (var tag = 0; tag < 12_000; tag++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            _tags.Put(App, $"b{tag}", Newer);
        }

        Assert.Null(_tags.Find(App, "b0"));
        Assert.Equal(Newer, _tags.Find(App, "b11999"));
        Assert.InRange(Enumerable.Range(0, 12_000).Count(tag => _tags.Find(App, $"b{tag}") is not null), 1, 10_000);
    }
}
