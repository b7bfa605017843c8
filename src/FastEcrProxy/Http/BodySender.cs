using System.IO.Pipelines;
using FastEcrProxy.Oci;
using FastEcrProxy.Transport;
using Microsoft.AspNetCore.Http;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Http;

/// <summary>The only place where the bytes of blobs leave the process.</summary>
internal sealed class BodySender
{
    // One rental and one write to the socket each. Smaller chunks cost up to a quarter more, larger ones gain nothing.
    private const int ChunkBytes = 256 * 1024;

    // Below this a copy costs less than the calls around sendfile.
    private const int FileBytesLeast = 32 * 1024;

    private const int AdvanceBytesMax = 1 << 30; // the server counts what it is told in an int

    private static readonly FetchFailure Short = new(FetchError.CutShort, "The blob ended before its length was reached.");

    private readonly PipeWriter _body;
    private readonly IBodyBytes _bytes;
    private readonly CancellationToken _cancel;
    private readonly Transfers.Pace? _pace; // null where nothing slows it down but the client
    private readonly IOutputEnd? _output; // null where the server's own output is used
    private IFileOutput? _files; // null where the connection takes none, or a file could not be read
    private long _handedOver; // to the connection
    private long _sent;       // of these, what it has confirmed
    private long _turn;       // what of the last turn has not moved yet

    private BodySender(HttpContext http, IBodyBytes bytes, Transfers.Pace? pace)
    {
        (_body, _bytes, _cancel, _pace) = (http.Response.BodyWriter, bytes, http.RequestAborted, pace);
        _output = http.Features.Get<IOutputEnd>();
        _files = http.Features.Get<IFileOutput>();
    }

    /// <summary>
    /// Sends an answer's head and bytes. Nothing goes out before there is a first byte to send, and a body that cannot
    /// be sent whole ends with the connection: it never looks whole.
    /// </summary>
    public static async ValueTask<SendResult> SendAsync(
        HttpContext http, IBodyBytes bytes, BlobAnswer answer, Transfers.Pace? pace = null)
    {
        var cancel = http.RequestAborted;
        BodySender? sender = null;
        try
        {
            var first = answer.Parts[0].Range;
            if (await bytes.ReadableAsync(first.Offset, cancel) == 0 && (first.Length > 0 || bytes.Failure is not null))
            {
                return new SendResult(SendEnd.NotStarted, 0, bytes.Failure ?? Short);
            }

            // Headers go first, so that GetMemory below hands out the connection's own memory.
            answer.WriteHead(http.Response);
            await http.Response.StartAsync(cancel);

            sender = new BodySender(http, bytes, pace);
            var end = await sender.SendPartsAsync(answer);
            if (end is SendEnd.Aborted)
            {
                http.Abort(); // Content-Length promised more
                return new SendResult(end, sender._sent, bytes.Failure ?? Short);
            }

            return sender.Ended(answer);
        }
        catch (OperationCanceledException) when (cancel.IsCancellationRequested)
        {
            return sender?.Ended(answer) ?? new SendResult(SendEnd.ClientLeft, 0);
        }
    }

    /// <summary>
    /// A client that hangs up when it has all it was promised has not left early, though its connection is gone before
    /// the last write is confirmed.
    /// </summary>
    private SendResult Ended(BlobAnswer answer) => _handedOver == answer.ContentLength
        ? new SendResult(SendEnd.Complete, _handedOver)
        : new SendResult(SendEnd.ClientLeft, _sent);

    private async ValueTask<SendEnd> SendPartsAsync(BlobAnswer answer)
    {
        foreach (var (heading, range) in answer.Parts)
        {
            if (!await SendAsync(heading))
            {
                return SendEnd.ClientLeft;
            }

            var end = await SendAsync(range);
            if (end is not SendEnd.Complete)
            {
                return end;
            }
        }

        return await SendAsync(answer.Closing) ? SendEnd.Complete : SendEnd.ClientLeft;
    }

    private async ValueTask<SendEnd> SendAsync(ByteRange range)
    {
        for (var offset = range.Offset; offset < range.End;)
        {
            var ready = Math.Min(await _bytes.ReadableAsync(offset, _cancel), range.End - offset);
            if (ready == 0)
            {
                return SendEnd.Aborted;
            }

            if (_pace is not null)
            {
                ready = await TurnAsync(ready);
            }

            var (sent, end) = ready >= FileBytesLeast && _files is { } files && _bytes.File is { } file
                ? await SendFileAsync(files, file, offset, ready)
                : await CopyAsync(offset, (int)Math.Min(ready, ChunkBytes));
            if (end is not SendEnd.Complete)
            {
                return end;
            }

            offset += sent;
            _turn -= sent;
        }

        return SendEnd.Complete;
    }

    /// <summary>How much of it may go now. The client takes nothing meanwhile, and is not to blame: nothing waits for it.</summary>
    private async ValueTask<long> TurnAsync(long ready)
    {
        if (_turn <= 0)
        {
            _turn = await _pace!.TakeTurnAsync(ready, _cancel);
        }

        return Math.Min(ready, _turn);
    }

    /// <summary>Uncopied. Fewer bytes than asked for: the file cannot be read on, and copying will find out what else to do.</summary>
    private async ValueTask<(long Sent, SendEnd End)> SendFileAsync(IFileOutput files, SafeFileHandle file, long offset, long count)
    {
        var sent = await files.SendFileAsync(file, offset, count, _cancel);
        _handedOver += sent.Bytes;
        _sent += sent.Bytes;
        for (var left = sent.Bytes; left > 0;)
        {
            var step = (int)Math.Min(left, AdvanceBytesMax);
            _body.GetMemory(1);
            _body.Advance(step);
            left -= step;
        }

        if (sent.End is FileSentEnd.FileFailed)
        {
            _files = null;
        }
        else if (sent.End is FileSentEnd.Disconnected)
        {
            await _body.FlushAsync(_cancel); // by which the server learns it
            return (sent.Bytes, SendEnd.ClientLeft);
        }

        return (sent.Bytes, SendEnd.Complete);
    }

    private async ValueTask<(long Sent, SendEnd End)> CopyAsync(long offset, int count)
    {
        var read = await _bytes.ReadAsync(offset, _body.GetMemory(count)[..count], _cancel);
        if (read == 0)
        {
            return (0, SendEnd.Aborted);
        }

        return (read, await FlushAsync(read) ? SendEnd.Complete : SendEnd.ClientLeft); // a fill carries on for the others
    }

    /// <summary>Sends a multipart heading or its end. False: the client has left.</summary>
    private async ValueTask<bool> SendAsync(ReadOnlyMemory<byte> small)
    {
        if (small.IsEmpty)
        {
            return true;
        }

        small.CopyTo(_body.GetMemory(small.Length));
        return await FlushAsync(small.Length);
    }

    /// <summary>Hands over what was written; waiting here is what slows the reading to the client's speed. False: it has left.</summary>
    private async ValueTask<bool> FlushAsync(int length)
    {
        _body.Advance(length);
        _handedOver += length;
        var flush = await _body.FlushAsync(_cancel);
        if (flush.IsCompleted || _cancel.IsCancellationRequested || _output is { HasEnded: true })
        {
            return false;
        }

        _sent += length;
        return true;
    }
}
