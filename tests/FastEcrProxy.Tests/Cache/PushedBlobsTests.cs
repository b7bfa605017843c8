using FastEcrProxy.Cache;
using FastEcrProxy.Primitives;
using FastEcrProxy.Tests.Cache.Fakes;
using FastEcrProxy.Tests.Observability;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Cache;

public sealed class PushedBlobsTests : IAsyncDisposable
{
    private const string Upload = "team/app/1";
    private const int Length = 3_000_000;

    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private readonly MeasuredValues _measured = new();
    private readonly CacheDirectory _directory;
    private readonly ContentIndex _index = new();
    private readonly Eviction _eviction;
    private readonly PushedBlobs _pushes;
    private readonly SampleBlob _blob = new(Length);

    public PushedBlobsTests()
    {
        var options = CacheParts.OptionsIn(_folder) with { SizeBytes = 64 << 20 };
        _directory = CacheDirectory.Open(options.Directory);
        var kept = new KeptPartials(_directory);
        _eviction = new Eviction(options, _directory, _index, kept, _measured.Metrics, NullLogger<Eviction>.Instance);
        _pushes = new PushedBlobs(
            options, _directory, _eviction, new Disk(_time), _time, _measured.Metrics, NullLogger<PushedBlobs>.Instance);
    }

    public async ValueTask DisposeAsync()
    {
        await _pushes.DisposeAsync();
        _directory.Dispose();
        _measured.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task LayerOfOneRequest_BecomesABlob()
    {
        var layer = _pushes.Take(null, 0)!;
        await layer.TakeAsync(_blob.Bytes);

        await PublishAsync(layer);

        Assert.Equal(_blob.Bytes, await File.ReadAllBytesAsync(_directory.Blob(_blob.Digest), TestContext.Current.CancellationToken));
        Assert.Equal(Length, _index.SizeOf(DigestKey.Of(_blob.Digest)));
        Assert.Equal(Length, _eviction.UsedBytes); // what was reserved is given back
        Assert.Equal(["fastecr.pushes.ended{end=published} 1"], _measured.Recorded());
    }

    [Fact]
    public async Task LayerOfSeveralRequests_GoesOnWhereItWaited()
    {
        for (var at = 0; at < Length; at += 1_000_000)
        {
            var part = _pushes.Take(Upload, at)!;
            await part.TakeAsync(_blob.Bytes.AsMemory(at, 1_000_000));
            _pushes.Wait(Upload, part);
        }

        await PublishAsync(_pushes.Take(Upload, Length)!);

        Assert.True(File.Exists(_directory.Blob(_blob.Digest)));
        Assert.Equal(0, _pushes.Count);
    }

    [Theory]
    [InlineData(1_000_000L)]
    [InlineData(null)]
    public void UploadOfWhichNotAllWasSeen_IsNotKept(long? offset) => Assert.Null(_pushes.Take(Upload, offset));

    [Fact]
    public async Task GapBetweenRequests_EndsTheKeeping()
    {
        var part = _pushes.Take(Upload, 0)!;
        await part.TakeAsync(_blob.Bytes.AsMemory(0, 1_000_000));
        _pushes.Wait(Upload, part);

        Assert.Null(_pushes.Take(Upload, 2_000_000));
        Assert.Null(_pushes.Take(Upload, 1_000_000));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task UploadWhoseClientDoesNotSayHowFarItIs_IsAsFarAsWasSeen()
    {
        var part = _pushes.Take(Upload, 0)!;
        await part.TakeAsync(_blob.Bytes);
        _pushes.Wait(Upload, part);

        await PublishAsync(_pushes.Take(Upload, null)!);

        Assert.True(File.Exists(_directory.Blob(_blob.Digest)));
    }

    [Fact]
    public async Task SecondBeginning_ReplacesTheFirst()
    {
        var first = _pushes.Take(Upload, 0)!;
        await first.TakeAsync(new byte[100]);
        _pushes.Wait(Upload, first);

        var second = _pushes.Take(Upload, 0)!;
        await second.TakeAsync(_blob.Bytes);
        await PublishAsync(second);

        Assert.True(File.Exists(_directory.Blob(_blob.Digest)));
        Assert.Equal(0, _pushes.Count);
    }

    [Fact]
    public async Task TwoRequestsAtOnce_DoNotMixTheirBytes()
    {
        var one = _pushes.Take(Upload, 0)!;
        var other = _pushes.Take(Upload, 0)!;
        await one.TakeAsync(_blob.Bytes.AsMemory(0, 1000));
        await other.TakeAsync(_blob.Bytes);
        _pushes.Wait(Upload, one);
        _pushes.Wait(Upload, other);

        await PublishAsync(_pushes.Take(Upload, Length)!);

        Assert.True(File.Exists(_directory.Blob(_blob.Digest)));
        Assert.Equal(0, _pushes.Count);
    }

    [Fact]
    public async Task OtherBytesThanTheDigestNames_AreThrownAway()
    {
        var layer = _pushes.Take(null, 0)!;
        await layer.TakeAsync(_blob.Wrong().Bytes);

        await PublishAsync(layer);

        Assert.False(File.Exists(_directory.Blob(_blob.Digest)));
        Assert.Equal(["fastecr.pushes.ended{end=failed} 1"], _measured.Recorded());
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task BlobThatIsThere_StaysAsItIs()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory.Blob(_blob.Digest))!);
        await File.WriteAllBytesAsync(_directory.Blob(_blob.Digest), _blob.Bytes, TestContext.Current.CancellationToken);
        var written = File.GetLastWriteTimeUtc(_directory.Blob(_blob.Digest));
        var layer = _pushes.Take(null, 0)!;
        await layer.TakeAsync(_blob.Bytes);

        await PublishAsync(layer);

        Assert.Equal(written, File.GetLastWriteTimeUtc(_directory.Blob(_blob.Digest)));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task LayersTogether_TakeAQuarterOfTheCacheAtMost()
    {
        var layers = Enumerable.Range(0, 5).Select(_ => _pushes.Take(null, 0)!).ToList();
        foreach (var layer in layers)
        {
            await layer.TakeAsync(new byte[5 << 20]);
        }

        Assert.Equal([true, true, true, false, false], layers.Select(layer => layer.Failure is null));
        layers.ForEach(_pushes.Drop);
        AssertNothingIsLeft();
    }

    [Fact]
    public void TooManyAtOnce_GoThroughUnkept()
    {
        var layers = Enumerable.Range(0, PushedBlobs.CountMax).Select(_ => _pushes.Take(null, 0)).ToList();

        Assert.DoesNotContain(null, layers);
        Assert.Null(_pushes.Take(null, 0));
        _pushes.Drop(layers[0]);
        Assert.NotNull(_pushes.Take(null, 0));
    }

    [Fact]
    public async Task UploadThatNobodyGoesOnWith_IsLetGo()
    {
        var part = _pushes.Take(Upload, 0)!;
        await part.TakeAsync(_blob.Bytes);
        _pushes.Wait(Upload, part);
        _time.Advance(TimeSpan.FromMinutes(11));

        _pushes.Sweep();

        AssertNothingIsLeft();
        Assert.Null(_pushes.Take(Upload, Length));
    }

    [Fact]
    public async Task CancelledUpload_IsLetGo()
    {
        var part = _pushes.Take(Upload, 0)!;
        await part.TakeAsync(_blob.Bytes);
        _pushes.Wait(Upload, part);

        _pushes.Forget(Upload);

        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Shutdown_LetsGoWhatWaitsAndStoresWhatTheRegistryHas()
    {
        var waiting = _pushes.Take(Upload, 0)!;
        await waiting.TakeAsync(_blob.Bytes);
        _pushes.Wait(Upload, waiting);
        var done = _pushes.Take(null, 0)!;
        await done.TakeAsync(_blob.Bytes);
        _pushes.Publish(done, _blob.Digest);

        await _pushes.DisposeAsync();

        Assert.True(File.Exists(_directory.Blob(_blob.Digest)));
        Assert.Empty(Directory.GetFiles(_directory.Partials));
        Assert.Null(_pushes.Take(Upload, 0));
    }

    private async Task PublishAsync(PushedBlob layer)
    {
        _pushes.Publish(layer, _blob.Digest);
        while (_pushes.Count > 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            await Task.Yield();
        }

        await _pushes.DisposeAsync(); // so that the measurement is made, too
    }

    private void AssertNothingIsLeft()
    {
        Assert.Empty(Directory.GetFiles(_directory.Partials));
        Assert.Equal((0, 0), (_pushes.Count, _eviction.UsedBytes));
    }
}
