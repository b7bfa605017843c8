using System.Buffers;
using System.Runtime.CompilerServices;

namespace FastEcrProxy.Upstream;

/// <summary>
/// A connection to a registry on which an answer is noticed while a body is still being sent: a refusal of a layer comes after
/// its first bytes, and is to reach the client before the last.
/// </summary>
/// <remarks>
/// The framework does not look for an answer before it has sent all of a body, and a registry that refuses one reads no further:
/// its answer would be lost with the connection. So there is always a read under way here while a body is sent. What it brings is
/// kept for the framework, the body is told, and nothing that is written from then on leaves.
/// </remarks>
/// <param name="inner">Below HTTP and above TLS. Belongs to this from now on.</param>
internal sealed class EarlyAnswers(Stream inner) : ConnectionStream(inner)
{
    private const int AheadBytes = 4 << 10; // as much as the framework reads for a head
    private const int StatusAt = 9; // in HTTP/1.1 200
    private const byte Interim = (byte)'1';

    private readonly Lock _gate = new();
    private UploadBody? _body;
    private Task<Ahead>? _ahead;
    private bool _isReading; // for the framework

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (UploadBody.OnItsWay is not { } body || !body.GoesOver(this))
        {
            return Inner.WriteAsync(buffer, cancellationToken);
        }

        if (body.IsAnswered)
        {
            body.Withheld();
            return default;
        }

        Watch(body);
        return SendAsync(body, buffer);
    }

    /// <summary>The next bytes, or zero at the end. One read at a time; a read of nothing waits until there is something.</summary>
    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            if (_ahead is { } ahead)
            {
                return TakeAsync(ahead, buffer);
            }

            _isReading = true;
        }

        var reading = Inner.ReadAsync(buffer, cancellationToken);
        return reading.IsCompletedSuccessfully && _body is null ? Read(reading.Result) : ReadAsync(reading, buffer);
    }

    /// <summary>From the first bytes of a request with a body on, there is a read under way: the framework's, or one made here.</summary>
    private void Watch(UploadBody body)
    {
        lock (_gate)
        {
            if (_body == body)
            {
                return;
            }

            _body = body;
            if (!_isReading && _ahead is null)
            {
                _ahead = ReadAheadAsync();
            }
        }
    }

    private async ValueTask SendAsync(UploadBody body, ReadOnlyMemory<byte> buffer)
    {
        try
        {
            await Inner.WriteAsync(buffer, body.Cut);
        }
        catch (OperationCanceledException) when (body.IsAnswered)
        {
            body.Withheld();
        }
        catch (IOException)
        {
            // Who refuses a body says so and hangs up: here the second may be seen before the first.
            if (!await body.HasLastWordsAsync())
            {
                throw;
            }

            body.Withheld();
        }
    }

    private async Task<Ahead> ReadAheadAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // not under the lock
        var bytes = ArrayPool<byte>.Shared.Rent(AheadBytes);
        try
        {
            var count = await Inner.ReadAsync(bytes);
            Tell(bytes.AsSpan(0, count));
            return new Ahead(bytes, count, null);
        }
        catch (Exception broken) // seen when the framework reads
        {
            Tell([]);
            return new Ahead(bytes, 0, broken);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> ReadAsync(ValueTask<int> reading, Memory<byte> buffer)
    {
        var count = 0;
        try
        {
            return count = await reading;
        }
        finally
        {
            lock (_gate)
            {
                _isReading = false;
            }

            if (!buffer.IsEmpty) // what there is after a read of nothing, the next one brings
            {
                Tell(buffer.Span[..count]);
            }
        }
    }

    private ValueTask<int> Read(int count)
    {
        lock (_gate)
        {
            _isReading = false;
        }

        return new ValueTask<int>(count);
    }

    /// <summary>What was read ahead, piece by piece where it is more than was asked for.</summary>
    private async ValueTask<int> TakeAsync(Task<Ahead> reading, Memory<byte> buffer)
    {
        var ahead = await reading;
        var count = Math.Min(ahead.Left, buffer.Length);
        ahead.Bytes.AsSpan(ahead.Taken, count).CopyTo(buffer.Span);
        ahead.Taken += count;
        if (buffer.IsEmpty || ahead.Left > 0)
        {
            return count;
        }

        lock (_gate)
        {
            _ahead = null;
        }

        ArrayPool<byte>.Shared.Return(ahead.Bytes);
        return ahead.Broken is null ? count : throw new IOException("The connection broke.", ahead.Broken);
    }

    private void Tell(ReadOnlySpan<byte> read)
    {
        if (read.Length > StatusAt && read.StartsWith("HTTP/1."u8) && read[StatusAt] == Interim)
        {
            return; // 100 Continue and its like: go on
        }

        UploadBody? body;
        lock (_gate)
        {
            (body, _body) = (_body, null);
        }

        body?.RegistrySpoke(hasAnswer: !read.IsEmpty);
    }

    /// <summary>What was read before the framework asked for it.</summary>
    private sealed record Ahead(byte[] Bytes, int Count, Exception? Broken)
    {
        public int Taken { get; set; }

        public int Left => Count - Taken;
    }
}
