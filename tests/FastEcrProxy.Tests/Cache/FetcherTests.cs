using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class FetcherTests : IDisposable
{
    private const int MiB = 1 << 20;

    private static readonly SampleBlob Blob = new(12 * MiB);

    private readonly TempFolder _folder = new();
    private readonly CacheMeasures _measures = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _measures.Dispose();
        _folder.Dispose();
    }

    /// <summary>On a machine of one core, whoever else is there would otherwise wait for the whole of it.</summary>
    [Fact]
    public async Task UpstreamThatNeverMakesItWait_HoldsAThreadForATurnOnly()
    {
        using var file = File.OpenHandle(Path.Combine(_folder.Path, "fill"), FileMode.CreateNew, FileAccess.ReadWrite);
        var fill = new BlobFill(readAheadBytes: 0);
        Assert.True(fill.TryAddReader());
        fill.Open(file, Blob.Length, new PresentRanges());
        using var stream = new CallersBytes(Blob.Bytes);
        OpenBlob open = (offset, _, _) => ValueTask.FromResult<Fetched<BlobBody>>(new BlobBody(stream, offset, Blob.Length));
        var fetcher = new Fetcher(
            fill, open, isPatient: true, static () => true, static _ => { }, new FetchMemory(), new Disk(TimeProvider.System),
            TimeProvider.System, _measures.Metrics);

        var fetching = fetcher.RunAsync(fill.NextClaim()!, null, Cancel);
        var ofCaller = stream.Returned();

        Assert.Null(await fetching);
        Assert.Equal(4 * MiB, ofCaller);
        Assert.True(fill.IsWhole);
    }

    /// <summary>Bytes that are always at hand, and how many of them the thread took that made this, until it looked.</summary>
    private sealed class CallersBytes(byte[] bytes) : ReadOnlyStream
    {
        private readonly int _caller = Environment.CurrentManagedThreadId;
        private int _position;
        private int _ofCaller;
        private volatile bool _isOver;

        public int Returned()
        {
            _isOver = true;
            return _ofCaller;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(buffer.Length, Math.Min(16 << 10, bytes.Length - _position));
            bytes.AsMemory(_position, count).CopyTo(buffer);
            _position += count;
            _ofCaller += !_isOver && Environment.CurrentManagedThreadId == _caller ? count : 0;
            return ValueTask.FromResult(count);
        }
    }
}
