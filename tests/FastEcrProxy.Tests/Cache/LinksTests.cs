using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Tests.Cache;

public sealed class LinksTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly CacheDirectory _directory;
    private readonly RepositoryKey _app;
    private readonly RepositoryKey _other;
    private readonly Links _links;

    public LinksTests()
    {
        _directory = CacheDirectory.Open(_folder.Path);
        _app = Named.Repository("team/app");
        _other = Named.Repository("team");
        _links = AfterRestart();
    }

    private string LinksFile => Path.Combine(_directory.Repository(_app), "_links");

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Digest_IsKnownToTheRepositoryThatHasItAndToNoOther()
    {
        _links.Add(_app, Name(1));

        Assert.True(_links.Has(_app, Name(1)));
        Assert.False(_links.Has(_app, Name(2)));
        Assert.False(_links.Has(_other, Name(1)));
    }

    [Fact]
    public void BlobsAndManifestsOnDisk_AreKnownAfterARestart()
    {
        Plant(_directory.Blob(Name(1)));
        Plant(_directory.Manifest(Name(2)));
        _links.Add(_app, [Name(1), Name(2), Name(3)]);

        var links = AfterRestart();

        Assert.True(links.Has(_app, Name(1)));
        Assert.True(links.Has(_app, Name(2)));
        Assert.False(links.Has(_app, Name(3))); // not on disk: it has to be asked for anyhow
        Assert.Equal([Name(1).ToString(), Name(2).ToString()], File.ReadAllLines(LinksFile));
    }

    [Fact]
    public void DeletedDigest_IsForgottenHereAndAfterARestart()
    {
        Plant(_directory.Blob(Name(1)));
        Plant(_directory.Blob(Name(2)));
        _links.Add(_app, [Name(1), Name(2)]);
        _links.Add(_other, Name(1));

        _links.Remove(_app, Name(1));
        _links.Remove(_app, Name(3));

        Assert.False(_links.Has(_app, Name(1)));
        Assert.True(_links.Has(_other, Name(1)));
        Assert.Equal([Name(2).ToString()], File.ReadAllLines(LinksFile));
        Assert.True(AfterRestart().Has(_app, Name(2)));
        Assert.False(AfterRestart().Has(_app, Name(1)));
    }

    [Fact]
    public void WhatMayBeStoredByTheIndex_IsKnownWithoutALookAtTheDisk()
    {
        _links.Add(_app, [Name(1), Name(2)]);

        var links = AfterRestart(key => key == DigestKey.Of(Name(1)));

        Assert.True(links.Has(_app, Name(1)));
        Assert.False(links.Has(_app, Name(2)));
    }

    [Fact]
    public void DigestsAlikeInTheirBeginning_AreTwo()
    {
        Assert.True(Digest.TryParse("sha256:" + new string('a', 31) + new string('b', 33), out var known));
        Assert.True(Digest.TryParse("sha256:" + new string('a', 30) + new string('b', 34), out var other));
        _links.Add(_app, known);

        Assert.True(_links.Has(_app, known));
        Assert.False(_links.Has(_app, other));
    }

    [Fact]
    public void KnownDigest_IsWrittenOnce()
    {
        _links.Add(_app, [Name(1), Name(1)]);
        _links.Add(_app, Name(1));

        Assert.Single(File.ReadAllLines(LinksFile));
    }

    [Theory]
    [InlineData("sha256:0123")]
    [InlineData("")]
    public void LastLineTornByACrash_CostsOnlyThatLine(string torn)
    {
        Plant(_directory.Blob(Name(1)));
        Plant(_directory.Blob(Name(2)));
        Directory.CreateDirectory(_directory.Repository(_app));
        File.WriteAllText(LinksFile, $"{Name(1)}\n{torn}");
        AfterRestart().Add(_app, Name(2));

        var links = AfterRestart();

        Assert.True(links.Has(_app, Name(1)));
        Assert.True(links.Has(_app, Name(2)));
    }

    [Fact]
    public void LastLineTornOfItsNewlineOnly_CostsNothing()
    {
        Plant(_directory.Blob(Name(1)));
        Plant(_directory.Blob(Name(2)));
        Directory.CreateDirectory(_directory.Repository(_app));
        File.WriteAllText(LinksFile, Name(1).ToString());
        AfterRestart().Add(_app, Name(2));

        var links = AfterRestart();

        Assert.True(links.Has(_app, Name(1)));
        Assert.True(links.Has(_app, Name(2)));
    }

    [Fact]
    public async Task ManyAtOnce_AreAllKnownAndAllWritten()
    {
        var names = Enumerable.Range(0, 4000).Select(Name).ToArray();

        await Task.WhenAll(names.Chunk(500).Select(
            chunk => Task.Run(() => _links.Add(_app, chunk), TestContext.Current.CancellationToken)));

        Assert.All(names, name => Assert.True(_links.Has(_app, name)));
        Assert.Equal(names.Length, File.ReadAllLines(LinksFile).Distinct().Count());
    }

    [Fact]
    public void DiskThatRefuses_CostsOnlyTheMemoryOfARestart()
    {
        Directory.Delete(_directory.Repositories);
        File.WriteAllText(_directory.Repositories, "in the way");

        _links.Add(_app, Name(1));

        Assert.True(_links.Has(_app, Name(1)));
    }

    private static Digest Name(int number) => Digest.Of(BitConverter.GetBytes(number));

    private static void Plant(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "");
    }

    private Links AfterRestart() => AfterRestart(static _ => false);

    private Links AfterRestart(Func<DigestKey, bool> mayBeStored) => new(_directory, mayBeStored, NullLogger<Links>.Instance);
}
