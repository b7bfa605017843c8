using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class DiskCacheTests : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly OpenCaches _caches = new();
    private readonly SampleBlob _blob = new(3 * MiB);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _caches.Dispose();

    [Fact]
    public async Task ProcessStoppedInTheMiddle_IsGoneOnWithByTheNext()
    {
        await using (var first = _caches.Open())
        {
            var gate = new Gate();
            var held = new FakeUpstream(_blob, Answers.HeldAt(2 * MiB, gate));
            using var bytes = (await first.Blobs.JoinOrStartAsync(_blob.Digest, 0, held.Open, Cancel)).Value;
            await gate.Reached.WaitAsync(Cancel);
            await Reading.FromAsync(bytes!, 0, 2 * MiB); // all of it is in the file
        }

        await using var second = _caches.Open();
        var upstream = new FakeUpstream(_blob);

        Assert.Equal(_blob.Bytes, await ReadAsync(second, upstream));

        Assert.Equal("published", await _caches.Measures.NextEndAsync());
        Assert.Equal([2 * MiB], upstream.Offsets);
        Assert.Equal(MiB, _caches.Measures.UpstreamBytes);
    }

    [Fact]
    public async Task ConnectionsBeyondTheFirstAndBuffers_AreMeasuredWhileTheyFetch()
    {
        await using var cache = _caches.Open();
        var blob = new SampleBlob((int)(2 * FillPlan.SegmentBytes));
        var (near, far) = (new Gate(), new Gate());
        var upstream = new FakeUpstream(blob, Answers.HeldAt(1000, near), Answers.HeldAt(blob.Length - 1000, far));
        using var bytes = (await cache.Blobs.JoinOrStartAsync(blob.Digest, 0, upstream.Open, Cancel)).Value;
        await near.Reached.WaitAsync(Cancel);
        Assert.Equal(0, _caches.Measures.AddedConnections);

        var waiting = bytes!.ReadableAsync(blob.Length - 500, Cancel).AsTask(); // far from where the first is
        await far.Reached.WaitAsync(Cancel);

        Assert.Equal(1, _caches.Measures.AddedConnections);
        Assert.Equal(MiB + (MiB / 4), _caches.Measures.BufferBytes);
        near.Open();
        far.Open();
        Assert.True(await waiting > 0);
        Assert.Equal("published", await _caches.Measures.NextEndAsync());
        Assert.Equal(0, _caches.Measures.AddedConnections);
        Assert.Equal(0, _caches.Measures.BufferBytes);
    }

    [Fact]
    public async Task ProcessKilledAfterItsLastNote_IsGoneOnWithFromTheNote()
    {
        _caches.LeavePartial(_blob, (0, MiB), (2 * MiB, 3 * MiB));
        await using var cache = _caches.Open();
        var upstream = new FakeUpstream(_blob);

        Assert.Equal(_blob.Bytes, await ReadAsync(cache, upstream));

        Assert.Equal([MiB], upstream.Offsets);
    }

    [Fact]
    public async Task PartialThatIsWhole_IsVerifiedAndPublishedOnceTheRegistrySaysThatItIsThere()
    {
        _caches.LeavePartial(_blob, (0, _blob.Length));
        await using var cache = _caches.Open();
        var upstream = new FakeUpstream(_blob);

        Assert.Equal(_blob.Bytes, await ReadAsync(cache, upstream));

        Assert.Equal([_blob.Length - 1], upstream.Offsets);
        Assert.Equal("published", await _caches.Measures.NextEndAsync());
    }

    [Fact]
    public async Task PartialWhoseRegistryIsAway_IsKeptForTheNext()
    {
        _caches.LeavePartial(_blob, (0, 2 * MiB));
        await using var cache = _caches.Open();
        var away = new FakeUpstream(_blob, Answers.Fails(FetchError.Unreachable));

        var (_, failure) = await cache.Blobs.JoinOrStartAsync(_blob.Digest, 0, away.Open, Cancel);
        await _caches.Measures.NextEndAsync();

        Assert.Equal(FetchError.Unreachable, failure?.Error);
        Assert.Equal(_blob.Bytes, await ReadAsync(cache, new FakeUpstream(_blob)));
        Assert.Equal(MiB, _caches.Measures.UpstreamBytes);
    }

    [Fact]
    public async Task PartialOfAnEmptyBlobByItsNote_IsNoReasonToAskBeforeTheStart()
    {
        _caches.LeavePartial(_blob);
        await File.WriteAllTextAsync(_caches.PartialOf(_blob) + PartialRecord.Suffix, "0\n", Cancel);
        await using var cache = _caches.Open();
        var upstream = new FakeUpstream(_blob);

        Assert.Equal(_blob.Bytes, await ReadAsync(cache, upstream));

        Assert.Equal([0], upstream.Offsets);
    }

    [Fact]
    public async Task NoteThatLiesAfterAPowerCut_IsFoundOutByTheDigest()
    {
        _caches.LeavePartial(_blob, (0, MiB));
        PartialRecord.Write(_caches.PartialOf(_blob), _blob.Length, [(0, 2 * MiB)]); // the second was never written
        await using var cache = _caches.Open();
        var upstream = new FakeUpstream(_blob);

        var read = await ReadAsync(cache, upstream);

        Assert.True(read.Length < _blob.Length);
        Assert.Equal(["failed", "published"], await _caches.Measures.NextTwoEndsAsync());
        Assert.Equal([2 * MiB, 0], upstream.Offsets);
        Assert.Equal(_blob.Bytes, await ReadAsync(cache, upstream));
    }

    [Theory]
    [InlineData("")]
    [InlineData("rubbish\n")]
    [InlineData("3145728\n0\n")]
    [InlineData("3145728\n5 3\n")]
    [InlineData("3145728\n-1 3\n")]
    [InlineData("3145728\n0 3145729\n")]
    [InlineData("99999999999999999999\n0 1\n")]
    [InlineData("9223372036854775807\n0 1\n")]
    public async Task DamagedNote_RemovesThePartial(string note)
    {
        _caches.LeavePartial(_blob, (0, 2 * MiB));
        await File.WriteAllTextAsync(_caches.PartialOf(_blob) + PartialRecord.Suffix, note, Cancel);
        var stored = new SampleBlob(1000, seed: 2);
        Directory.CreateDirectory(Path.GetDirectoryName(_caches.PathOf("blobs", stored))!);
        await File.WriteAllBytesAsync(_caches.PathOf("blobs", stored), stored.Bytes, Cancel);

        await using var cache = await _caches.OpenScannedAsync();

        Assert.Empty(Directory.GetFiles(Path.Combine(_caches.Folder.Path, "partial")));
        Assert.Equal(1, cache.Blobs.Blobs);
    }

    [Fact]
    public async Task PartialWithoutANote_IsRemoved()
    {
        _caches.LeavePartial(_blob, (0, 2 * MiB));
        File.Delete(_caches.PartialOf(_blob) + PartialRecord.Suffix);

        await using var cache = _caches.Open();

        Assert.Equal(["lock", "version"], _caches.Folder.Files);
    }

    [Fact]
    public async Task NoteWithoutAPartialAndStrayFiles_AreRemoved()
    {
        _caches.LeavePartial(_blob, (0, 2 * MiB));
        File.Delete(_caches.PartialOf(_blob));
        await File.WriteAllTextAsync(Path.Combine(_caches.Folder.Path, "partial", "stray.tmp"), "", Cancel);

        await using var cache = _caches.Open();

        Assert.Equal(["lock", "version"], _caches.Folder.Files);
    }

    [Fact]
    public async Task PartialOlderThanADay_IsRemoved()
    {
        _caches.LeavePartial(_blob, (0, 2 * MiB));
        File.SetLastWriteTimeUtc(_caches.PartialOf(_blob), _caches.Clock.GetUtcNow().UtcDateTime.AddHours(-25));

        await using var cache = _caches.Open();

        Assert.Equal(["lock", "version"], _caches.Folder.Files);
    }

    [Fact]
    public async Task PartialThatASmallerLimitDoesNotHold_IsRemoved()
    {
        _caches.LeavePartial(_blob, (0, 2 * MiB));
        _caches.Options = _caches.Options with { SizeBytes = 2 * MiB };

        await using var cache = await _caches.OpenScannedAsync();

        Assert.Equal(["lock", "version"], _caches.Folder.Files);
    }

    [Fact]
    public async Task HasContent_OnceAManifestIsThere()
    {
        await using (var first = await _caches.OpenScannedAsync())
        {
            Assert.False(first.HasContent);

            first.Manifests.Put(new StoredManifest(_blob.Digest, "application/json", _blob.Bytes));

            Assert.True(first.HasContent);
        }

        await using var second = await _caches.OpenScannedAsync();
        Assert.True(second.HasContent);
    }

    [Fact]
    public async Task LinksToWhatTheScanDidNotFind_AreForgotten()
    {
        var app = Named.Repository("team/app");
        var gone = new SampleBlob(1000, seed: 2);
        await using (var first = _caches.Open())
        {
            await ReadAsync(first, new FakeUpstream(_blob));
            await _caches.Measures.NextEndAsync();
            first.Links.Add(app, [_blob.Digest, gone.Digest]);
        }

        await using var second = await _caches.OpenScannedAsync();

        Assert.True(second.Links.Has(app, _blob.Digest));
        Assert.False(second.Links.Has(app, gone.Digest));
    }

    [Fact]
    public async Task SmallerLimit_IsKeptAfterTheScan()
    {
        await using (var first = _caches.Open())
        {
            await ReadAsync(first, new FakeUpstream(_blob));
            await _caches.Measures.NextEndAsync();
        }

        _caches.Options = _caches.Options with { SizeBytes = MiB };

        await using var second = await _caches.OpenScannedAsync();

        Assert.Equal(0, second.Blobs.Bytes);
        Assert.False(File.Exists(_caches.PathOf("blobs", _blob)));
    }

    [Fact]
    public async Task DisposedTwice_IsHarmless()
    {
        var cache = _caches.Open();

        await cache.DisposeAsync();
        await cache.DisposeAsync();
    }

    [Fact]
    public async Task DisposedWhileItScans_EndsAndFreesTheDirectory()
    {
        for (var i = 0; i < 20; i++)
        {
            await _caches.Open().DisposeAsync();
        }

        await using var last = await _caches.OpenScannedAsync();
        Assert.Equal(0, last.Blobs.Blobs);
    }

    [Fact]
    public async Task DirectoryThatCannotBeRecovered_IsLetGoAgain()
    {
        Directory.CreateDirectory(Path.Combine(_caches.Folder.Path, "partial", "x.ranges"));
        await File.WriteAllTextAsync(Path.Combine(_caches.Folder.Path, "partial", "x"), "", Cancel);

        Assert.ThrowsAny<Exception>(() => _caches.Open());

        Directory.Delete(Path.Combine(_caches.Folder.Path, "partial", "x.ranges"));
        await using var cache = _caches.Open();
    }

    private async Task<byte[]> ReadAsync(DiskCache cache, FakeUpstream upstream)
    {
        var (bytes, failure) = await cache.Blobs.JoinOrStartAsync(_blob.Digest, 0, upstream.Open, Cancel);
        Assert.Null(failure);
        using (bytes)
        {
            return await Reading.AllAsync(bytes!);
        }
    }
}
