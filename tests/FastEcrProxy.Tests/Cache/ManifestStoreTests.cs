using System.Text;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Cache;

public sealed class ManifestStoreTests : IDisposable
{
    private const string Type = "application/vnd.oci.image.manifest.v1+json";
    private const long BytesMax = 10_000;

    private readonly TempFolder _folder = new();
    private readonly CacheDirectory _directory;
    private readonly ContentIndex _index = new();
    private readonly ImpatientClock _clock = new();
    private readonly ManifestStore _store;

    public ManifestStoreTests()
    {
        _directory = CacheDirectory.Open(_folder.Path);
        _store = StoreWith(_clock);
    }

    public void Dispose()
    {
        _directory.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Manifest_ComesBackByteForByteWithItsType()
    {
        var manifest = Manifest("{\n \"a\": 1 }\n\n");

        _store.Put(manifest);

        AssertSame(manifest, _store.TryGet(manifest.Digest));
        Assert.Equal(1, _store.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("\n\n{}")]
    public void OddBytes_ComeBackToo(string content)
    {
        var manifest = Manifest(content);

        _store.Put(manifest);

        AssertSame(manifest, _store.TryGet(manifest.Digest));
    }

    [Fact]
    public void UnknownManifest_IsNull() => Assert.Null(_store.TryGet(Manifest("{}").Digest));

    [Theory]
    [InlineData("")]
    [InlineData("no newline at all")]
    [InlineData("\n{}")]
    [InlineData("application/json\n{} ")]
    public void DamagedManifest_IsNullAndGone(string content)
    {
        var manifest = Manifest("{}");
        _store.Put(manifest);
        File.WriteAllText(_directory.Manifest(manifest.Digest), content);

        Assert.Null(_store.TryGet(manifest.Digest));

        Assert.False(File.Exists(_directory.Manifest(manifest.Digest)));
        Assert.Equal(0, _store.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("application/jsön")]
    public void TypeThatCannotBeKeptExactly_IsNotKept(string type)
    {
        var manifest = Manifest("{}") with { MediaType = type };

        _store.Put(manifest);

        Assert.Null(_store.TryGet(manifest.Digest));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public void TypeOfUpTo254Characters_IsKept()
    {
        var longest = Manifest("{}") with { MediaType = new string('a', 254) };
        var tooLong = Manifest("{ }") with { MediaType = new string('a', 255) };

        _store.Put(longest);
        _store.Put(tooLong);

        AssertSame(longest, _store.TryGet(longest.Digest));
        Assert.Null(_store.TryGet(tooLong.Digest));
    }

    [Fact]
    public void SameManifestUnderAnotherType_IsCountedAsItIsNow()
    {
        var manifest = Manifest("{}");
        _store.Put(manifest);

        _store.Put(manifest with { MediaType = Type + "-of-another-kind" });

        Assert.Equal(new FileInfo(_directory.Manifest(manifest.Digest)).Length, _index.Bytes);
    }

    [Fact]
    public void ManifestsAboveTheLimit_GoLeastRecentlyUsedFirst()
    {
        var manifests = Enumerable.Range(0, 5).Select(i => Manifest(new string((char)('a' + i), 2500))).ToArray();
        foreach (var manifest in manifests[..3])
        {
            _store.Put(manifest);
        }

        Assert.NotNull(_store.TryGet(manifests[0].Digest));
        _store.Put(manifests[3]);
        _store.Put(manifests[4]);

        Assert.Equal([true, false, false, true, true], manifests.Select(manifest => _store.TryGet(manifest.Digest) is not null));
        Assert.True(_index.Bytes <= BytesMax);
    }

    [Fact]
    public void DiskThatRefuses_IsNoException()
    {
        Directory.Delete(_directory.Manifests);
        File.WriteAllText(_directory.Manifests, "in the way");
        var manifest = Manifest("{}");

        _store.Put(manifest);

        Assert.Null(_store.TryGet(manifest.Digest));
    }

    /// <summary>Stands for a disk that can be read and not written, too: the bytes are there, the stamp cannot be set.</summary>
    [Fact]
    public void ManifestEvictedBetweenReadingAndStamping_IsAnswered()
    {
        var manifest = Manifest("{}");
        _store.Put(manifest);
        _clock.Advance(TimeSpan.FromHours(1));
        var interrupted = StoreWith(
            new InterruptedClock(_clock.GetUtcNow(), () => File.Delete(_directory.Manifest(manifest.Digest))));

        AssertSame(manifest, interrupted.TryGet(manifest.Digest));
    }

    [Fact]
    public void ManifestThatWasRead_NeedsNoFileForAMinute()
    {
        var manifest = Manifest("{}");
        _store.Put(manifest);
        Assert.NotNull(_store.TryGet(manifest.Digest));
        File.Delete(_directory.Manifest(manifest.Digest));

        _clock.Advance(TimeSpan.FromSeconds(59));
        AssertSame(manifest, _store.TryGet(manifest.Digest));
        Assert.True(_store.Contains(manifest.Digest));

        _clock.Advance(TimeSpan.FromSeconds(1));
        AssertSame(manifest, _store.TryGet(manifest.Digest)); // and finds that it has gone
        Assert.Null(_store.TryGet(manifest.Digest));
        Assert.False(_store.Contains(manifest.Digest));
        Assert.Equal(0, _store.Count);
    }

    [Fact]
    public void FileOfAManifestInMemory_IsStampedOnceAMinute()
    {
        var manifest = Manifest("{}");
        _store.Put(manifest);
        var path = _directory.Manifest(manifest.Digest);

        for (var second = 0; second < 150; second++)
        {
            Assert.NotNull(_store.TryGet(manifest.Digest));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(_clock.GetUtcNow().AddSeconds(-30).UtcDateTime, File.GetLastWriteTimeUtc(path));
    }

    [Fact]
    public void ManifestInMemory_KeepsItsPlaceOnDisk()
    {
        var hot = Manifest(new string('h', 2500));
        _store.Put(hot);
        foreach (var other in Enumerable.Range(0, 10).Select(i => Manifest(new string((char)('a' + i), 2500))))
        {
            Assert.NotNull(_store.TryGet(hot.Digest));
            _clock.Advance(TimeSpan.FromMinutes(1));
            Assert.NotNull(_store.TryGet(hot.Digest));
            _store.Put(other);
        }

        Assert.True(File.Exists(_directory.Manifest(hot.Digest)));
    }

    [Fact]
    public void ManifestThatWasEvictedFromDisk_IsNotInMemoryEither()
    {
        var old = Manifest(new string('o', 2500));
        _store.Put(old);
        Assert.NotNull(_store.TryGet(old.Digest));

        foreach (var other in Enumerable.Range(0, 4).Select(i => Manifest(new string((char)('a' + i), 2500))))
        {
            _store.Put(other);
        }

        Assert.Null(_store.TryGet(old.Digest));
    }

    [Fact]
    public void SameManifestUnderAnotherType_IsAnsweredWithThat()
    {
        var manifest = Manifest("{}");
        _store.Put(manifest);
        Assert.NotNull(_store.TryGet(manifest.Digest));

        _store.Put(manifest with { MediaType = "another/type" });

        Assert.Equal("another/type", _store.TryGet(manifest.Digest)?.MediaType);
    }

    private static StoredManifest Manifest(string content)
    {
        var bytes = Encoding.UTF8.GetBytes(content);
        return new StoredManifest(Digest.Of(bytes), Type, bytes);
    }

    private static void AssertSame(StoredManifest expected, StoredManifest? actual)
    {
        Assert.NotNull(actual);
        Assert.Equal((expected.Digest, expected.MediaType), (actual.Digest, actual.MediaType));
        Assert.Equal(expected.Bytes.ToArray(), actual.Bytes.ToArray());
    }

    private ManifestStore StoreWith(TimeProvider time) =>
        new(_directory, _index, BytesMax, time, NullLogger<ManifestStore>.Instance);

    /// <summary>Something happens at the moment at which the time is asked for.</summary>
    private sealed class InterruptedClock(DateTimeOffset now, Action interruption) : FakeTimeProvider(now)
    {
        public override DateTimeOffset GetUtcNow()
        {
            interruption();
            return base.GetUtcNow();
        }
    }
}
