using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>
/// Upstream's bytes from an offset to the blob's end as one stream: a connection that is cut is opened again at the next
/// byte.
/// </summary>
/// <remarks>Not safe for several threads. What it cannot mend it reports in <see cref="Failure"/>, it does not throw it.</remarks>
internal sealed class ResumingBody : IDisposable
{
    // Attempts in a row without a byte. With the back-off below, an upstream that restarts within some ten seconds is survived.
    private const int AttemptsMax = 6;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    private readonly OpenBlob _open;
    private readonly ProxyMetrics _metrics;
    private readonly Backoff _backoff;
    private readonly TimeProvider _time;
    private BlobBody? _body;
    private int _attempts;
    private bool _wasCut;

    private ResumingBody(OpenBlob open, long position, long totalBytes, BlobBody? body, TimeProvider time, ProxyMetrics metrics)
    {
        (_open, Position, TotalBytes, _body, _time, _metrics) = (open, position, totalBytes, body, time, metrics);
        _backoff = new Backoff(time, FirstPause, LongestPause);
    }

    /// <summary>The offset of the next byte.</summary>
    public long Position { get; private set; }

    /// <summary>The whole blob's length.</summary>
    public long TotalBytes { get; }

    /// <summary>Why it ended before the blob did.</summary>
    public FetchFailure? Failure { get; private set; }

    /// <summary>
    /// Opens upstream: a registry that cannot be reached is reported at once, since nothing has been promised yet.
    /// </summary>
    public static async ValueTask<Fetched<ResumingBody>> OpenAsync(
        OpenBlob open, long offset, TimeProvider time, ProxyMetrics metrics, CancellationToken cancel)
    {
        var (body, failure) = await open(offset, cancel);
        if (failure is { Error: FetchError.CutShort })
        {
            (body, failure) = await open(offset, cancel); // upstream is there: the connection broke before the answer
        }

        return body is null ? failure! : new ResumingBody(open, body.Offset, body.TotalBytes, body, time, metrics);
    }

    /// <summary>
    /// Goes on at an offset of a blob whose length has been promised to readers. Opens upstream at the first read; a
    /// registry that cannot be reached then is tried again like one that cut a body.
    /// </summary>
    public static ResumingBody GoOnAt(OpenBlob open, long offset, long totalBytes, TimeProvider time, ProxyMetrics metrics) =>
        new(open, offset, totalBytes, body: null, time, metrics);

    /// <summary>The next bytes. Zero: the blob's end, or <see cref="Failure"/>.</summary>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        while (Position < TotalBytes && Failure is null)
        {
            if (_body is null && !await ReopenAsync(cancel))
            {
                continue;
            }

            var read = await ReadOnceAsync(buffer[..(int)Math.Min(buffer.Length, TotalBytes - Position)], cancel);
            if (read > 0)
            {
                _attempts = 0;
                Position += read;
                _metrics.UpstreamBytes(read);
                return read;
            }

            _body!.Dispose();
            _body = null;
            _wasCut = true;
            if (_attempts >= AttemptsMax)
            {
                Failure = new FetchFailure(
                    FetchError.CutShort, $"The registry ended a blob {AttemptsMax} times in a row without sending a byte.");
            }
        }

        return 0;
    }

    public void Dispose() => _body?.Dispose();

    private async ValueTask<int> ReadOnceAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        try
        {
            return await _body!.Bytes.ReadAsync(buffer, cancel);
        }
        catch (IOException)
        {
            return 0; // as good as an early end: both are mended by asking for the rest
        }
    }

    /// <summary>One attempt to go on. False: look at <see cref="Failure"/>, and if there is none, try again.</summary>
    private async ValueTask<bool> ReopenAsync(CancellationToken cancel)
    {
        _attempts++;
        if (_attempts > 1)
        {
            await _backoff.WaitAsync(_attempts - 1, cancel);
        }

        var (body, failure) = await _open(Position, cancel);
        if (body is not null && body.TotalBytes == TotalBytes)
        {
            _body = body;
            if (_wasCut)
            {
                _metrics.Resumed();
            }

            return true;
        }

        body?.Dispose();
        failure ??= new FetchFailure(FetchError.BadAnswer, "The registry changed its mind about the blob's length in the middle of it.");
        if (!failure.Error.IsTransient || _attempts >= AttemptsMax)
        {
            Failure = failure;
        }
        else if (failure.RetryAfter is { } hint)
        {
            await Task.Delay(hint < LongestPause ? hint : LongestPause, _time, cancel);
        }

        return false;
    }
}
