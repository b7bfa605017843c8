using System.Diagnostics;
using System.Text;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Tests.Cache.Fakes;
using FastEcrProxy.Tests.Upstream;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Tests.Cache;

/// <summary>Somebody has put things into the cache that lead out of it: nothing out there is served, written or deleted.</summary>
public sealed class PlantedFilesTests : IDisposable
{
    private const int MiB = 1 << 20;
    private const UnixFileMode FileMode600 = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly OpenCaches _caches = new();
    private readonly TempFolder _outside = new();
    private readonly SampleBlob _blob = new(2 * MiB);

    private string OutsideFile => Path.Combine(_outside.Path, "file");

    private string BlobFile => _caches.PathOf("blobs", _blob);

    public void Dispose()
    {
        _caches.Dispose();
        _outside.Dispose();
    }

    [Fact]
    public async Task WhatIsStored_IsForTheOwnerAlone()
    {
        await using var cache = await _caches.OpenScannedAsync();
        await FetchAsync(cache);
        cache.Manifests.Put(new StoredManifest(Digest.Of("{}"u8), "a/b", "{}"u8.ToArray()));
        cache.Links.Add(Named.Repository("team/app"), _blob.Digest);
        cache.Tags.Put(Named.Repository("team/app"), "v1", default, new TagEntry(_blob.Digest, _caches.Clock.GetUtcNow()));

        Assert.InRange(_caches.Folder.Files.Length, 6, 7);
        Assert.All(_caches.Folder.Files, file => Assert.Equal(FileMode600, File.GetUnixFileMode(Path.Combine(_caches.Folder.Path, file))));
        Assert.All(
            Directory.GetDirectories(_caches.Folder.Path, "*", SearchOption.AllDirectories),
            made => Assert.Equal(PlainDirectory.OwnerOnly, File.GetUnixFileMode(made)));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("link to nothing")]
    [InlineData("pipe")]
    [InlineData("shelf")]
    public async Task InPlaceOfABlob_GivesWayToTheBlob(string kind)
    {
        File.WriteAllBytes(OutsideFile, _blob.Wrong().Bytes); // of the right length, so that only the link tells
        Plant(kind, BlobFile);
        await using var cache = await _caches.OpenScannedAsync();

        Assert.Null(cache.Blobs.TryOpen(_blob.Digest));
        await FetchAsync(cache);

        using var stored = cache.Blobs.TryOpen(_blob.Digest)!;
        Assert.Equal(_blob.Bytes, await Reading.AllAsync(stored));
        Assert.Equal(_blob.Wrong().Bytes, File.ReadAllBytes(OutsideFile));
        Assert.Equal(["file"], _outside.Files);
    }

    [Fact]
    public async Task DirectoryInPlaceOfABlob_CostsOnlyItsCopy()
    {
        Directory.CreateDirectory(BlobFile);
        await using var cache = await _caches.OpenScannedAsync();

        var (bytes, _) = await cache.Blobs.JoinOrStartAsync(_blob.Digest, 0, new FakeUpstream(_blob).Open, Cancel);
        using (bytes)
        {
            Assert.Equal(_blob.Bytes, await Reading.AllAsync(bytes!));
        }

        Assert.Equal("failed", await _caches.Measures.NextEndAsync());
    }

    [Fact]
    public async Task LinkInPlaceOfADownloadThatWasKept_IsNotWrittenThrough()
    {
        _caches.LeavePartial(_blob, (0, MiB));
        File.Move(_caches.PartialOf(_blob), OutsideFile);
        File.CreateSymbolicLink(_caches.PartialOf(_blob), OutsideFile);
        var before = File.ReadAllBytes(OutsideFile);
        await using var cache = _caches.Open();

        await FetchAsync(cache);

        Assert.Equal(before, File.ReadAllBytes(OutsideFile));
    }

    [Fact]
    public async Task LinkPutThereWhileTheCacheIsOpen_IsNotWrittenThrough()
    {
        _caches.LeavePartial(_blob, (0, MiB));
        await using var cache = _caches.Open();
        File.Move(_caches.PartialOf(_blob), OutsideFile);
        File.CreateSymbolicLink(_caches.PartialOf(_blob), OutsideFile);
        var before = File.ReadAllBytes(OutsideFile);

        await FetchAsync(cache);

        Assert.Equal(before, File.ReadAllBytes(OutsideFile));
        Assert.False(PlainDirectory.IsLink(BlobFile));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("pipe")]
    [InlineData("shelf")]
    public async Task InPlaceOfAManifest_GivesWayToTheManifest(string kind)
    {
        var manifest = new StoredManifest(Digest.Of("{}"u8), "a/b", "{}"u8.ToArray());
        var file = CacheDirectory.Content(Path.Combine(_caches.Folder.Path, "manifests"), manifest.Digest);
        File.WriteAllText(OutsideFile, "a/b\n{}"); // right to the byte: it is not even read
        Plant(kind, file);
        await using var cache = await _caches.OpenScannedAsync();

        Assert.Null(cache.Manifests.TryGet(manifest.Digest));
        cache.Manifests.Put(manifest);

        Assert.NotNull(cache.Manifests.TryGet(manifest.Digest));
        Assert.False(PlainDirectory.IsLink(file));
        Assert.Equal("a/b\n{}", File.ReadAllText(OutsideFile));
        Assert.Equal(["file"], _outside.Files);
    }

    [Theory]
    [InlineData("team/app/_links")]
    [InlineData("team/app/_tags/v1/e3b0c44298fc1c14.tag")]
    public async Task LinkInPlaceOfWhatIsKnownOfARepository_IsNeitherBelievedNorWrittenThrough(string path)
    {
        var app = Named.Repository("team/app");
        var said = $"{_blob.Digest}\n{_caches.Clock.GetUtcNow():O}\n";
        File.WriteAllText(OutsideFile, said);
        Plant("link", Path.Combine(_caches.Folder.Path, "repositories", path));
        await using var cache = await _caches.OpenScannedAsync();

        Assert.False(cache.Links.Has(app, _blob.Digest));
        Assert.Null(cache.Tags.TryGet(app, "v1", default));
        cache.Links.Add(app, Digest.Of([1]));
        cache.Tags.Put(app, "v1", default, new TagEntry(Digest.Of([2]), _caches.Clock.GetUtcNow()));

        Assert.Equal(said, File.ReadAllText(OutsideFile));
    }

    [Fact]
    public async Task LinkInPlaceOfARepository_IsNeitherReadNorWrittenNorTidied()
    {
        var app = Named.Repository("team/app");
        var old = Path.Combine(_outside.Path, "app", "_tags", "v1", "0000000000000000.tag");
        Directory.CreateDirectory(Path.GetDirectoryName(old)!);
        File.WriteAllText(old, "old");
        File.SetLastWriteTimeUtc(old, new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Directory.CreateDirectory(Path.Combine(_caches.Folder.Path, "repositories"));
        Directory.CreateSymbolicLink(Path.Combine(_caches.Folder.Path, "repositories", "team"), _outside.Path);
        await using var cache = await _caches.OpenScannedAsync();

        cache.Tags.Prune();
        cache.Links.Add(app, _blob.Digest);

        Assert.Equal(["app/_tags/v1/0000000000000000.tag"], _outside.Files);
        Assert.Contains("repositories/team/app/_links", _caches.Folder.Files);
    }

    [Fact]
    public async Task LeftoversBehindALink_AreNobodysBusiness()
    {
        var leftover = Path.Combine(_outside.Path, "x.tmp");
        File.WriteAllText(leftover, "");
        File.SetLastWriteTimeUtc(leftover, new DateTime(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        Directory.CreateDirectory(Path.Combine(_caches.Folder.Path, "blobs", "sha256"));
        Directory.CreateSymbolicLink(Path.Combine(_caches.Folder.Path, "blobs", "sha256", "ab"), _outside.Path);

        await using var cache = await _caches.OpenScannedAsync();

        Assert.True(File.Exists(leftover));
        Assert.Equal(0, cache.Blobs.Blobs);
    }

    [Theory]
    [InlineData("lock")]
    [InlineData("blobs")]
    [InlineData("manifests")]
    [InlineData("partial")]
    [InlineData("repositories")]
    public void LinkRightBelowTheCacheDirectory_IsNoStart(string name)
    {
        File.WriteAllText(OutsideFile, "secret");
        var link = Path.Combine(_caches.Folder.Path, name);
        File.CreateSymbolicLink(link, name == "lock" ? OutsideFile : _outside.Path);

        var refusal = Assert.Throws<IOException>(() => CacheDirectory.Open(_caches.Folder.Path));

        Assert.EndsWith($"{name} is a link, and links in the cache are not followed; remove it", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("secret", File.ReadAllText(OutsideFile));
    }

    [Fact]
    public void CacheDirectoryThatIsALink_IsTheOperatorsOwn()
    {
        var link = Path.Combine(_outside.Path, "cache");
        Directory.CreateSymbolicLink(link, _caches.Folder.Path);
        using var directory = CacheDirectory.Open(link);
        var store = new ManifestStore(directory, new ContentIndex(), MiB, _caches.Clock, NullLogger<ManifestStore>.Instance);
        var manifest = new StoredManifest(Digest.Of("{}"u8), "a/b", "{}"u8.ToArray());

        store.Put(manifest);

        Assert.Equal("{}", Encoding.ASCII.GetString(store.TryGet(manifest.Digest)!.Bytes.Span));
    }

    [Theory]
    [InlineData(UnixFileMode.None, null)]
    [InlineData(UnixFileMode.GroupRead, "is open to other users of this machine (mode 740)")]
    [InlineData(UnixFileMode.OtherExecute, "is open to other users of this machine (mode 701)")]
    public void DirectoryThatOthersMayLookInto_IsSaidOnce(UnixFileMode others, string? words)
    {
        File.SetUnixFileMode(_caches.Folder.Path, PlainDirectory.OwnerOnly | others);
        var log = new LogLines<CacheDirectory>();

        CacheDirectory.Open(_caches.Folder.Path, log).Dispose();

        Assert.Equal(words is null ? [] : [4090], log.Ids);
        Assert.Contains(words ?? "", log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void DirectoryOfAnotherUser_IsSaid()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can give directories away.");
        using (var given = Process.Start("chown", ["4242", _caches.Folder.Path]))
        {
            given.WaitForExit();
        }

        Assert.StartsWith("belongs to another user", CacheDirectory.WhoElse(_caches.Folder.Path), StringComparison.Ordinal);
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private async Task FetchAsync(DiskCache cache)
    {
        var (bytes, failure) = await cache.Blobs.JoinOrStartAsync(_blob.Digest, 0, new FakeUpstream(_blob).Open, Cancel);
        Assert.Null(failure);
        using (bytes)
        {
            Assert.Equal(_blob.Bytes, await Reading.AllAsync(bytes!));
        }

        Assert.Equal("published", await _caches.Measures.NextEndAsync());
    }

    private void Plant(string kind, string path)
    {
        var shelf = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(kind == "shelf" ? Path.GetDirectoryName(shelf)! : shelf);
        switch (kind)
        {
            case "link":
                File.CreateSymbolicLink(path, OutsideFile);
                break;
            case "link to nothing":
                File.CreateSymbolicLink(path, Path.Combine(_outside.Path, "nothing"));
                break;
            case "pipe":
                using (var made = Process.Start("mkfifo", [path]))
                {
                    made.WaitForExit();
                }

                break;
            default:
                Directory.CreateSymbolicLink(shelf, _outside.Path);
                break;
        }
    }
}
