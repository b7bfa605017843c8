using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Upstream;

/// <summary>
/// A client's body on its way to the registry: read as fast as the registry takes it, sent once, kept nowhere. How much of it
/// there is matters to nobody.
/// </summary>
/// <remarks>
///   NotBegun ──► Sending ──► Whole
///                   ├──────► Answered                        the registry has had enough: EarlyAnswers tells
///                   └──────► ClientLeft, ClientStalled, Broken
///
/// The framework reads an answer only when it has sent all of a body. So a body that ends early is filled up to the length that
/// was announced, with bytes that <see cref="EarlyAnswers"/> does not let out.
/// </remarks>
/// <param name="client">The client's body. Stays the caller's.</param>
/// <param name="length">Bytes in it; null: it comes in chunks, and goes on in chunks.</param>
/// <param name="patience">How long the client may send nothing.</param>
/// <param name="time">The clock of all waits.</param>
/// <param name="copy">Gets the bytes too, in order, while they are sent. It never fails; its slowness is the upload's.</param>
/// <param name="most">Bytes that may come; with one more it is broken off.</param>
internal sealed class UploadBody(
    PipeReader client, long? length, TimeSpan patience, TimeProvider time, Func<ReadOnlyMemory<byte>, ValueTask>? copy = null,
    long most = long.MaxValue)
    : HttpContent
{
    /// <summary>How long a registry may take for its answer when it has a layer: it reads and moves all of it.</summary>
    public static readonly TimeSpan AnswerPatience = TimeSpan.FromMinutes(5);

    // One write, and under TLS sixteen records, for each. Twice as much gains nothing, half of it costs system calls.
    private const int BufferBytes = 256 << 10;

    // A connection that has been broken off may still hold an answer that says why.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(1);

    private static readonly AsyncLocal<UploadBody?> Sending = new();
    private static readonly byte[] Filling = new byte[BufferBytes];

    private readonly TimedPipe _client = new(client, patience, time);
    private readonly CancellationTokenSource _cut = new();
    private readonly TaskCompletionSource<bool> _lastWords = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource? _late;
    private EarlyAnswers? _connection;
    private volatile bool _isAnswered;
    private volatile bool _isShort;

    /// <summary>The body that this flow of control is sending. By it a connection knows whose bytes it carries.</summary>
    public static UploadBody? OnItsWay => Sending.Value;

    public UploadEnd End { get; private set; }

    /// <summary>Bytes of it that went to the registry. Where it answered early, some of the last may have stayed here.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Bytes of it that the client sent.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>What the client's body suffered from, as part of a sentence; null unless it is the client's fault.</summary>
    public string? Trouble { get; private set; }

    /// <summary>The exception behind <see cref="Trouble"/>.</summary>
    public Exception? ClientFault { get; private set; }

    /// <summary>When the last of it was sent: from here on the registry is waited for. A timestamp; null until then.</summary>
    public long? EndedAt { get; private set; }

    /// <summary>Whether the registry has answered: what follows is not sent any more.</summary>
    public bool IsAnswered => _isAnswered;

    /// <summary>Cancelled when the registry has answered.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>From here on, in this flow of control, this body is being sent.</summary>
    /// <param name="late">Ends the exchange; not while bytes of the body move.</param>
    public void Begin(CancellationTokenSource late) => (Sending.Value, _late) = (this, late);

    /// <summary>Whether a connection is the one that carries it: the first that asks, since others are tunnels below that.</summary>
    public bool GoesOver(EarlyAnswers connection) => (_connection ??= connection) == connection;

    /// <summary>The registry answers, or has hung up.</summary>
    /// <param name="hasAnswer">Whether there are bytes of an answer.</param>
    public void RegistrySpoke(bool hasAnswer)
    {
        if (hasAnswer && End is UploadEnd.Sending)
        {
            _isAnswered = true;
            _client.Stop();
            _cut.Cancel();
        }

        _lastWords.TrySetResult(hasAnswer);
    }

    /// <summary>Bytes of it were not let out, since the registry had answered.</summary>
    public void Withheld() => _isShort = true;

    /// <summary>Whether the registry has said something before the connection broke, as far as it can be known soon.</summary>
    public async ValueTask<bool> HasLastWordsAsync()
    {
        try
        {
            return await _lastWords.Task.WaitAsync(LastWords, time);
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    /// <summary>Nobody else may use a connection on which a body was promised that did not come.</summary>
    public void CloseConnection() => _connection?.Dispose();

    /// <summary>What the client said of the body.</summary>
    /// <param name="mediaType">As it was written; null for nothing.</param>
    /// <param name="range">Which bytes of the layer these are, as it was written; null for nothing.</param>
    public void Describe(string? mediaType, string? range)
    {
        if (mediaType is not null)
        {
            Headers.TryAddWithoutValidation("Content-Type", mediaType);
        }

        if (range is not null)
        {
            Headers.TryAddWithoutValidation("Content-Range", range);
        }
    }

    protected override bool TryComputeLength(out long bytes)
    {
        bytes = length ?? 0;
        return length is not null;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) =>
        SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        End = UploadEnd.Sending;
        _late?.CancelAfter(Timeout.InfiniteTimeSpan);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            await SendAsync(stream, buffer.AsMemory(0, BufferBytes), cancellationToken);
            End = End is UploadEnd.Answered ? End : UploadEnd.Whole;
        }
        catch (Exception) when (End is UploadEnd.Sending)
        {
            End = UploadEnd.Broken;
            throw;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
            EndedAt = time.GetTimestamp();
            _late?.CancelAfter(AnswerPatience);
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _client.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task SendAsync(Stream stream, Memory<byte> buffer, CancellationToken cancel)
    {
        while (SentBytes != length && await ReceiveAsync(buffer) is > 0 and var count)
        {
            // The copy is made while the bytes are on their way; both are waited for, so that neither falls behind.
            var sending = stream.WriteAsync(buffer[..count], cancel);
            var copying = copy?.Invoke(buffer[..count]) ?? default;
            try
            {
                await sending;
            }
            finally
            {
                await copying;
            }

            SentBytes += count;
        }

        // An answer to a body that comes in chunks is early as long as the last, empty one has not been sent.
        if (_isShort || (_isAnswered && SentBytes != length))
        {
            End = UploadEnd.Answered;
            await FillUpAsync(stream, cancel);
        }
    }

    private async Task FillUpAsync(Stream stream, CancellationToken cancel)
    {
        for (var missing = (length ?? SentBytes) - SentBytes; missing > 0;)
        {
            var count = (int)Math.Min(missing, BufferBytes);
            await stream.WriteAsync(Filling.AsMemory(0, count), cancel);
            missing -= count;
        }
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer)
    {
        try
        {
            var count = await _client.ReadAsync(buffer);
            ReceivedBytes += count;
            if (ReceivedBytes <= most)
            {
                return count;
            }
        }
        catch (TimeoutException silence)
        {
            (End, Trouble, ClientFault) = (UploadEnd.ClientStalled, silence.Message, silence);
            throw new IOException(silence.Message);
        }
        catch (IOException left)
        {
            (End, Trouble, ClientFault) = (UploadEnd.ClientLeft, left.Message.TrimEnd('.'), left);
            throw;
        }

        (End, Trouble) = (UploadEnd.TooLarge, "it is larger than it may be");
        throw new IOException(Trouble);
    }
}
