using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Transport;

/// <summary>
/// A connection that takes bytes from a file without a copy. In a request's features where the connection is plain HTTP/1.1 on
/// a platform that can.
/// </summary>
internal interface IFileOutput
{
    /// <summary>
    /// Sends what was written to the response so far, and then a stretch of a file. The response's length must have been set,
    /// and its head written.
    /// </summary>
    /// <remarks>
    /// The server must be told afterwards, with <c>GetMemory</c> and <c>Advance</c>, that <see cref="FileSent.Bytes"/> bytes
    /// of the body have been written: they are accepted and not sent again.
    /// </remarks>
    /// <param name="file">Read at its own offsets; stays the caller's.</param>
    /// <param name="offset">Of the first byte.</param>
    /// <param name="count">In bytes.</param>
    /// <param name="cancel">The client has left: nobody waits for the disk on its account. It ends as disconnected.</param>
    ValueTask<FileSent> SendFileAsync(SafeFileHandle file, long offset, long count, CancellationToken cancel);
}

/// <summary>How much of a file's stretch the connection took, and why no more.</summary>
/// <param name="Bytes">Handed to the system for sending.</param>
/// <param name="End">Why it ended.</param>
internal readonly record struct FileSent(long Bytes, FileSentEnd End);

/// <summary>Why the sending of a file ended.</summary>
internal enum FileSentEnd
{
    /// <summary>All of it was sent.</summary>
    Complete,

    /// <summary>The file is shorter, or its disk refuses: the connection is well, and the rest may come from elsewhere.</summary>
    FileFailed,

    /// <summary>The client has left, or the connection was broken off.</summary>
    Disconnected,
}
