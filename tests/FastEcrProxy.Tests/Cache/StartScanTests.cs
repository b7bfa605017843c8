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

    [Fact]
    public void ContentOnAnotherDigestsShelf_IsNotCounted()
    {
        var wrong = Path.Combine(_cache.Directory.Blobs, "sha256", "zz", _blob.Digest.Hex.ToString());
        Directory.CreateDirectory(Path.GetDirectoryName(wrong)!);
        File.WriteAllBytes(wrong, _blob.Bytes);

        Scan();

        Assert.Equal(0, _cache.Index.Count); // the evictor would not find it to delete it
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
