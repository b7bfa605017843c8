using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class StartScanTests : IAsyncDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TempFolder _elsewhere = new();
    private readonly SampleBlob _blob = new(1000);
    private readonly CacheParts _cache;

    public StartScanTests() => _cache = new CacheParts(_folder);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Shelf => Path.GetDirectoryName(_cache.Directory.Blob(_blob.Digest))!;

    public async ValueTask DisposeAsync()
    {
        await _cache.DisposeAsync();
        _folder.Dispose();
        _elsewhere.Dispose();
    }

    [Fact]
    public void Content_IsFoundWithItsSize()
    {
        _cache.Plant(_blob);

        Scan();

        Assert.Equal((1, _blob.Length), (_cache.Index.Count, _cache.Index.Bytes));
    }

    [Fact]
    public void FilesThatAreNoContent_AreLeftAlone()
    {
        _cache.Plant(_blob);
        string[] strangers = ["README", new string('A', 64), new string('a', 63), "lost+found"];
        foreach (var name in strangers)
        {
            File.WriteAllText(Path.Combine(Shelf, name), "not ours");
        }

        Scan();

        Assert.Equal(1, _cache.Index.Count);
        Assert.All(strangers, name => Assert.True(File.Exists(Path.Combine(Shelf, name))));
    }

    [Theory]
    [InlineData("blobs/sha256/ab/abcd", false)]
    [InlineData("blobs/abcd", true)]
    [InlineData("blobs/sha256/abcd", true)]
    [InlineData("blobs/ab/abcd", true)]
    [InlineData("blobs/sha256/zz/abcd", true)]
    [InlineData("blobs/sha256/b/abcd", true)]
    [InlineData("blobs/sha256/ab/ab/abcd", true)]
    [InlineData("blobs/sha256-ab/abcd", true)]
    [InlineData("blobs/sha512/ab/abcd", true)]
    [InlineData("blobs/SHA256/ab/abcd", true)]
    [InlineData("blobs/md5/ab/abcd", true)]
    [InlineData("blobs/sha256/AB/ABCD", true)]
    [InlineData("blobs/sha256/ab/ABCD", true)]
    public void ContentThatStandsElsewhere_IsNotCounted(string path, bool isElsewhere)
    {
        var end = new string(path[^1] == 'D' ? 'E' : 'e', 60); // makes abcd a digest of the right length
        var file = Path.Combine(_folder.Path, path + end);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "found");

        Scan();

        Assert.Equal(isElsewhere ? 0 : 1, _cache.Index.Count); // the evictor would not find it to delete it
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void ContentUnderASha512Digest_IsFound()
    {
        Assert.True(Digest.TryParse("sha512:" + new string('c', 128), out var digest));
        var file = _cache.Directory.Blob(digest);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, "found");

        Scan();

        Assert.Equal("found".Length, _cache.Index.SizeOf(DigestKey.Of(digest)));
    }

    [Fact]
    public void OrderOfUse_IsThatOfTheFilesTimes()
    {
        double[] secondsAgo = [0.3, 90_002, 1, 0.1, 0.2, 60, 2e9]; // some within one second, one before 1970
        for (var i = 0; i < secondsAgo.Length; i++)
        {
            var blob = new SampleBlob(100 + i, seed: i);
            _cache.Plant(blob);
            File.SetLastWriteTimeUtc(_cache.Directory.Blob(blob.Digest), _cache.Time.GetUtcNow().UtcDateTime.AddSeconds(-secondsAgo[i]));
        }

        Scan();

        Assert.Equal(
            [106, 101, 105, 102, 100, 104, 103],
            secondsAgo.Select(_ => _cache.Index.TryTakeOldest(out var _, out var size) ? size : -1));
    }

    [Fact]
    public void ShelfThatMayNotBeRead_IsPassedOver()
    {
        _cache.Plant(_blob);
        _folder.OpenToAll();
        var closed = Directory.CreateDirectory(Path.Combine(_cache.Directory.Blobs, "sha256", "zz"));
        closed.UnixFileMode = UnixFileMode.None;

        Unprivileged.Run(() =>
        {
            Assert.Throws<UnauthorizedAccessException>(() => closed.GetFiles());
            Scan();
        });

        Assert.Equal(1, _cache.Index.Count);
        closed.UnixFileMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    }

    [Fact]
    public void LinksToElsewhere_AreNotFollowed()
    {
        _cache.Plant(_blob);
        var outside = new SampleBlob(5000, seed: 2);
        File.WriteAllBytes(Path.Combine(_elsewhere.Path, outside.Digest.Hex.ToString()), outside.Bytes);
        var hex = outside.Digest.Hex.ToString();
        Directory.CreateSymbolicLink(Path.Combine(_cache.Directory.Blobs, "sha256", hex[..2]), _elsewhere.Path);
        File.CreateSymbolicLink(
            Path.Combine(Shelf, _blob.Digest.Hex[..2].ToString() + new string('0', 62)), Path.Combine(_elsewhere.Path, hex));
        File.CreateSymbolicLink(Path.Combine(Shelf, _blob.Digest.Hex[..2].ToString() + new string('1', 62)), "/nowhere/at/all");
        Directory.CreateSymbolicLink(Path.Combine(Shelf, "round"), _cache.Directory.Blobs);

        Scan();

        Assert.Equal((1, _blob.Length), (_cache.Index.Count, _cache.Index.Bytes));
    }

    [Fact]
    public void LeftoverOfADeadProcess_GoesAfterAnHour()
    {
        Directory.CreateDirectory(Shelf);
        var (old, young) = (Path.Combine(Shelf, "a.xyz.tmp"), Path.Combine(Shelf, "b.xyz.tmp"));
        File.WriteAllText(old, "");
        File.WriteAllText(young, "");
        File.SetLastWriteTimeUtc(old, _cache.Time.GetUtcNow().UtcDateTime.AddMinutes(-61));

        Scan();

        Assert.False(File.Exists(old));
        Assert.True(File.Exists(young));
    }

    [Fact]
    public async Task ContentEvictedWhileTheScanLooks_IsNoReasonToStop()
    {
        var shelf = Directory.CreateDirectory(Path.Combine(_cache.Directory.Blobs, "sha256", "aa")).FullName;
        for (var i = 0; i < 2000; i++)
        {
            await File.WriteAllBytesAsync(Path.Combine(shelf, $"aa{i:x62}"), [1], Cancel);
        }

        var inScanOrder = Directory.GetFiles(shelf);
        var evicting = Task.Run(() => Array.ForEach(inScanOrder[..^1], File.Delete), Cancel);
        Scan();
        await evicting;

        Assert.True(Digest.TryParse("sha256:" + Path.GetFileName(inScanOrder[^1]), out var last));
        Assert.NotNull(_cache.Index.SizeOf(DigestKey.Of(last)));
    }

    [Fact]
    public void StoppedScan_Ends()
    {
        _cache.Plant(_blob);

        Assert.Throws<OperationCanceledException>(
            () => StartScan.Run(_cache.Directory.Blobs, _cache.Index, _cache.Time, new CancellationToken(canceled: true)));
    }

    private void Scan() =>
        StartScan.Run(_cache.Directory.Blobs, _cache.Index, _cache.Time, Cancel);
}
