using FastEcrProxy.Cache;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>A registry that gives each connection so much in every beat of a clock, and all together no more than the line.</summary>
internal sealed class PacedUpstream(SampleBlob blob, TimeProvider time, int bytesPerBeat, int lineBytesPerBeat = int.MaxValue)
{
    public static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);

    private int _open;
    private int _waiting;
    private int _mostOpen;

    /// <summary>How many connections after the first are refused.</summary>
    public int Refusals { get; set; }

    public bool TakesRanges { get; init; } = true;

    /// <summary>Beats until a connection brings its first byte.</summary>
    public int LatencyBeats { get; init; }

    /// <summary>The most connections that there have been at a time.</summary>
    public int MostConnections => Volatile.Read(ref _mostOpen);

    /// <summary>Whether there is a connection.</summary>
    public bool IsConnected => Volatile.Read(ref _open) > 0;

    /// <summary>Whether every connection waits for the clock.</summary>
    public bool IsQuiet => Volatile.Read(ref _waiting) == Volatile.Read(ref _open);

    public OpenBlob Open => (offset, end, _) =>
    {
        if (Volatile.Read(ref _open) > 0 && Refusals-- > 0)
        {
            return ValueTask.FromResult<Fetched<BlobBody>>(new FetchFailure(FetchError.Refused, "made up for a test"));
        }

        var open = Interlocked.Increment(ref _open);
        _mostOpen = Math.Max(_mostOpen, open);
        var bytes = new PacedStream(this, offset, end ?? blob.Length);
        return ValueTask.FromResult<Fetched<BlobBody>>(new BlobBody(bytes, offset, blob.Length) { TakesRanges = TakesRanges });
    };

    private sealed class PacedStream(PacedUpstream upstream, long offset, long end) : ReadOnlyStream
    {
        private long _position = offset;
        private int _beatsBeforeNext = upstream.LatencyBeats + 1;
        private bool _isClosed;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Interlocked.Increment(ref upstream._waiting);
            try
            {
                await Task.Delay(Beat * _beatsBeforeNext, upstream.Time, cancellationToken);
                _beatsBeforeNext = 1;
            }
            finally
            {
                Interlocked.Decrement(ref upstream._waiting);
            }

            var share = Math.Min(upstream.BytesPerBeat, upstream.LineBytesPerBeat / Math.Max(1, Volatile.Read(ref upstream._open)));
            var count = (int)Math.Min(Math.Min(buffer.Length, share), end - _position);
            upstream.Blob.Bytes.AsMemory((int)_position, count).CopyTo(buffer);
            _position += count;
            return count;
        }

        protected override void Dispose(bool disposing)
        {
            if (!Interlocked.Exchange(ref _isClosed, true))
            {
                Interlocked.Decrement(ref upstream._open);
            }

            base.Dispose(disposing);
        }
    }

    private SampleBlob Blob => blob;

    private TimeProvider Time => time;

    private int BytesPerBeat => bytesPerBeat;

    private int LineBytesPerBeat => lineBytesPerBeat;
}
