using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Primitives;

/// <summary>
/// Every call of the C library that the proxy makes. Callers see bytes and words, never errno. Linux only:
/// <see cref="IsThere"/> says whether any of it may be called.
/// </summary>
internal static partial class Libc
{
    // errno, as in asm-generic/errno-base.h: the same on every platform that .NET runs on.
    private const int Interrupted = 4;       // EINTR
    private const int WouldBlock = 11;       // EAGAIN
    private const int BrokenPipe = 32;       // EPIPE
    private const int ConnectionReset = 104; // ECONNRESET

    private const int DoNotWait = 0x40;     // MSG_DONTWAIT
    private const int MoreFollows = 0x8000; // MSG_MORE
    private const int NoSignal = 0x4000;    // MSG_NOSIGNAL

    private const int BatchPolicy = 3; // SCHED_BATCH

    private const int NotNeeded = 4; // MADV_DONTNEED

    private const int WillNeed = 3;         // POSIX_FADV_WILLNEED
    private const int WithoutWaiting = 0x8; // RWF_NOWAIT

    /// <summary>Whether this is Linux: elsewhere the calls are missing or mean something else.</summary>
    public static bool IsThere => OperatingSystem.IsLinux();

    /// <summary>Lets the kernel send bytes of a file, as many as the socket takes now.</summary>
    /// <param name="socket">Non-blocking, as every socket is that .NET has received from asynchronously.</param>
    /// <param name="file">A regular file.</param>
    /// <param name="offset">Where to begin; moved behind what was sent.</param>
    /// <param name="count">At most so many bytes.</param>
    public static Io SendFile(SafeSocketHandle socket, SafeFileHandle file, ref long offset, long count)
    {
        while (true)
        {
            switch (SendFile(socket, file, ref offset, (nint)count))
            {
                case > 0:
                    return Io.Done;
                case 0:
                    return Io.FileEnded;
            }

            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    continue;
                case WouldBlock:
                    return Io.WouldBlock;
                case BrokenPipe or ConnectionReset:
                    return Io.SocketBroken;
                default:
                    return Io.FileBroken; // EIO and its like; whoever then reads the file by itself finds out
            }
        }
    }

    /// <summary>Sends bytes now and lets the kernel hold back a packet that is not full: more follows at once.</summary>
    /// <returns>How many bytes the socket took: possibly none, and none where it is broken.</returns>
    public static int SendWithMoreToFollow(SafeSocketHandle socket, ReadOnlySpan<byte> bytes) =>
        (int)Math.Max(0, Send(socket, bytes, bytes.Length, DoNotWait | MoreFollows | NoSignal));

    /// <summary>
    /// Whether a byte of a file is in memory, so that reading it waits for no disk. True also where the filesystem cannot tell.
    /// </summary>
    public static unsafe bool IsInMemory(SafeFileHandle file, long offset)
    {
        byte one = 0;
        var vector = new IoVector { Base = &one, Length = 1 };
        return ReadVector(file, &vector, 1, offset, WithoutWaiting) >= 0 || Marshal.GetLastPInvokeError() != WouldBlock;
    }

    /// <summary>Asks the kernel to read a stretch of a file into memory and does not wait. A hint: failure changes nothing.</summary>
    public static void ReadAhead(SafeFileHandle file, long offset, long count) => _ = Advise(file, offset, count, WillNeed);

    /// <summary>
    /// Lets a thread of this process wait until a core is free, or until the scheduler's next tick, instead of taking one from
    /// who works on it: SCHED_BATCH of sched(7). False: the system refuses.
    /// </summary>
    public static bool TryMakeBatch(int thread) => SetScheduler(thread, BatchPolicy, priority: 0) == 0;

    /// <summary>
    /// Takes whole pages out of this process's memory. Pages of a file that nobody has written to come back when they are read;
    /// anything else would be lost. False: the system refuses.
    /// </summary>
    public static bool TryLetGo(nint address, nint length) => AdviseMemory(address, length, NotNeeded) == 0;

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFile(SafeSocketHandle to, SafeFileHandle from, ref long offset, nint count);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle to, ReadOnlySpan<byte> bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static unsafe partial nint ReadVector(SafeFileHandle from, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int AdviseMemory(nint address, nint length, int advice);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, in int priority); // struct sched_param is an int

    /// <summary>What became of a call that moves bytes.</summary>
    internal enum Io
    {
        Done,         // some bytes, perhaps fewer than asked for
        WouldBlock,   // the socket is full
        FileEnded,    // the file has no byte there
        FileBroken,   // the file's disk refuses
        SocketBroken, // the other side has left, or the connection was closed here
    }

    /// <summary><c>struct iovec</c>.</summary>
    private unsafe struct IoVector
    {
        public void* Base;
        public nint Length;
    }
}
