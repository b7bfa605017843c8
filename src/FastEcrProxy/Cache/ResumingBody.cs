using System.Runtime.CompilerServices;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>
/// Upstream's bytes from an offset on as one stream: a connection that is cut is opened again at the next byte.
/// </summary>
/// <remarks>Not safe for several threads. What it cannot mend it reports in <see cref="Failure"/>, it does not throw it.</remarks>
internal sealed class ResumingBody : IDisposable
{
    // Attempts in a row without a byte. With the back-off below, an upstream that restarts within some twenty seconds is survived.
    private const int PatientAttempts = 10;

    // For a connection that is one of several: a second one, since one may break by chance, and then the others do its work.
    private const int ImpatientAttempts = 2;

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(8);

    private readonly OpenBlob _open;
    private readonly ProxyMetrics _metrics;
    private readonly Backoff _backoff;
    private readonly TimeProvider _time;
    private readonly int _attemptsMax;
    private BlobBody? _body;
    private int _attempts;
    private bool _wasCut;

    private ResumingBody(
        OpenBlob open, long position, long end, long totalBytes, BlobBody? body, int attemptsMax, TimeProvider time, ProxyMetrics metrics)
    {
        (_open, Position, End, TotalBytes) = (open, position, end, totalBytes);
        (_body, _attemptsMax, _time, _metrics) = (body, attemptsMax, time, metrics);
        _backoff = new Backoff(time, FirstPause, LongestPause);
    }

    /// <summary>The offset of the next byte.</summary>
    public long Position { get; private set; }

    /// <summary>The offset behind the last byte that it brings.</summary>
    public long End { get; }

    /// <summary>The whole blob's length.</summary>
    public long TotalBytes { get; }

    /// <summary>Whether several may share the work: see <see cref="BlobBody.TakesRanges"/>. Known once opened.</summary>
    public bool TakesRanges => _body?.TakesRanges ?? false;

    /// <summary>Why it ended before <see cref="End"/>.</summary>
    public FetchFailure? Failure { get; private set; }

    /// <summary>
    /// Opens upstream, to the blob's end: a registry that cannot be reached is reported at once, since nothing has been
    /// promised yet.
    /// </summary>
    public static async ValueTask<Fetched<ResumingBody>> OpenAsync(
        OpenBlob open, long offset, TimeProvider time, ProxyMetrics metrics, CancellationToken cancel)
    {
        var (body, failure) = await open(offset, null, cancel);
        if (failure is { Error: FetchError.CutShort })
        {
            (body, failure) = await open(offset, null, cancel); // upstream is there: the connection broke before the answer
        }

        return body is null
            ? failure!
            : new ResumingBody(open, body.Offset, body.TotalBytes, body.TotalBytes, body, PatientAttempts, time, metrics);
    }

    /// <summary>
    /// Goes on inside a blob whose length has been promised to readers. Opens upstream at the first read; a registry that
    /// cannot be reached then is tried again like one that cut a body.
    /// </summary>
    /// <param name="open">Opens upstream.</param>
    /// <param name="offset">Of the first byte.</param>
    /// <param name="end">Behind the last byte.</param>
    /// <param name="totalBytes">The whole blob's length.</param>
    /// <param name="isPatient">Whether nobody else would do the work.</param>
    /// <param name="time">For the pauses between attempts.</param>
    /// <param name="metrics">Told of bytes and resumes.</param>
    public static ResumingBody GoOnAt(
        OpenBlob open, long offset, long end, long totalBytes, bool isPatient, TimeProvider time, ProxyMetrics metrics) =>
        new(open, offset, end, totalBytes, body: null, isPatient ? PatientAttempts : ImpatientAttempts, time, metrics);

    /// <summary>The next bytes. Zero: the end, or <see cref="Failure"/>. Cancelled, it can be read on.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))] // a read that waits is the rule, and must not allocate
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancel)
    {
        while (Position < End && Failure is null)
        {
            if (_body is null && !await ReopenAsync(cancel))
            {
                continue;
            }

            var read = await ReadOnceAsync(buffer[..(int)Math.Min(buffer.Length, End - Position)], cancel);
            if (read > 0)
            {
                _attempts = 0;
                Position += read;
                _metrics.UpstreamBytes(read);
                return read;
            }

            Close();
            _wasCut = true;
            if (_attempts >= _attemptsMax)
            {
                Failure = new FetchFailure(
                    FetchError.CutShort, $"The registry ended a blob {_attemptsMax} times in a row without sending a byte.");
            }
        }

        return 0;
    }

    public void Dispose() => Close();

    private void Close()
    {
        _body?.Dispose();
        _body = null;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
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
        catch (OperationCanceledException)
        {
            Close(); // what came of this read is lost, so what follows on this connection is not what is missing
            throw;
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

        var (body, failure) = await _open(Position, End < TotalBytes ? End : null, cancel);
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
        if (failure is null or { Error: FetchError.OutOfRange })
        {
            failure = new FetchFailure(FetchError.BadAnswer, "The registry changed its mind about the blob's length in the middle of it.");
        }

        if (!failure.Error.IsTransient || _attempts >= _attemptsMax)
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
