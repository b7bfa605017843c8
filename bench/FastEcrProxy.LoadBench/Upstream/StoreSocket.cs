using System.Net.Sockets;
using FastEcrProxy.LoadBench.Machine;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>One accepted connection, whose calls block. A client that leaves is no exception: what was to be sent is not.</summary>
internal abstract class StoreSocket(Socket socket) : IDisposable
{
    protected int Descriptor => (int)socket.Handle;

    /// <summary>Waits for bytes.</summary>
    /// <returns>How many came; zero is the end.</returns>
    public abstract int Receive(Span<byte> into);

    /// <returns>Whether all was taken.</returns>
    public abstract bool Send(ReadOnlySpan<byte> head, bool bodyFollows);

    /// <summary>Sends a piece of a file, at most as large as this socket finds good.</summary>
    /// <returns>How much was taken; zero where the client has gone.</returns>
    public abstract long SendFile(SafeFileHandle file, long offset, long count);

    /// <summary>Ends all waiting, from whatever thread.</summary>
    public void HangUp() => _ = Libc.Shutdown(Descriptor, Libc.BothWays);

    public virtual void Dispose() => socket.Dispose();
}
