namespace FastEcrProxy.LoadBench.Client;

/// <summary>Asks on a stream and reads the answer to its end.</summary>
internal static class StreamedAnswer
{
    /// <param name="stream">Open, and with nothing under way.</param>
    /// <param name="wanted">What is asked for, and what has to come.</param>
    /// <param name="port">Of the server, for the Host header.</param>
    /// <param name="buffer">What every read goes into; longer than a head.</param>
    /// <param name="look">Sees the pieces of the body.</param>
    /// <exception cref="InvalidDataException">Something else came.</exception>
    public static void Read(Stream stream, Wanted wanted, int port, byte[] buffer, Action<ReadOnlySpan<byte>> look)
    {
        stream.Write(Request.For(wanted, port));
        var buffered = 0;
        ResponseHead head;
        while (!ResponseHead.TryRead(buffer.AsSpan(0, buffered), out head))
        {
            buffered += ReadSome(stream, buffer.AsSpan(buffered), wanted);
        }

        if (head.Status != 200 || head.Length != wanted.Length)
        {
            throw new InvalidDataException(
                $"GET {wanted.Path}: answered {head.Status} with {head.Length} bytes, not 200 with {wanted.Length}");
        }

        look(buffer.AsSpan(head.HeadBytes, buffered - head.HeadBytes));
        for (var left = wanted.Length - (buffered - head.HeadBytes); left > 0;)
        {
            var read = ReadSome(stream, buffer.AsSpan(0, (int)Math.Min(left, buffer.Length)), wanted);
            look(buffer.AsSpan(0, read));
            left -= read;
        }
    }

    private static int ReadSome(Stream stream, Span<byte> into, Wanted wanted) =>
        stream.Read(into) is > 0 and var read ? read : throw new InvalidDataException($"GET {wanted.Path}: the answer ended early");
}
