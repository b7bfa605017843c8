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

    // as above, and asm-generic/errno.h
    private const int NotPermitted = 1;      // EPERM
    private const int NoEntry = 2;           // ENOENT
    private const int NoDevice = 6;          // ENXIO: nobody listens at a pipe or a socket
    private const int NoAccess = 13;         // EACCES
    private const int NoDirectory = 20;      // ENOTDIR
    private const int IsDirectory = 21;      // EISDIR
    private const int NoSuchCall = 38;       // ENOSYS
    private const int TooManyLinks = 40;     // ELOOP

    private const int ReadAndWrite = 0x2;    // O_RDWR
    private const int DoNotBlock = 0x800;    // O_NONBLOCK: a pipe is opened at once, too
    private const int CloseOnExec = 0x80000; // O_CLOEXEC
    private const int NoLinks = 0x04;        // RESOLVE_NO_SYMLINKS
    private const int OpenCall = 437;        // openat2: since Linux 5.6, the same number everywhere
    private const int Here = -100;           // AT_FDCWD
    private const int Itself = 0x1000;       // AT_EMPTY_PATH
    private const int TypeWanted = 0x1;      // STATX_TYPE
    private const int TypeOfFile = 0xF000;   // S_IFMT
    private const int PlainType = 0x8000;    // S_IFREG
    private const int OwnerWanted = 0x8;     // STATX_UID
    private const int PathBytesMax = 4096;   // PATH_MAX

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

    /// <summary>Sends bytes now, as many as the socket takes.</summary>
    /// <param name="socket">Of whatever kind.</param>
    /// <param name="bytes">Some.</param>
    /// <param name="moreFollows">Lets the kernel hold back a packet that is not full.</param>
    /// <returns>How many bytes the socket took: possibly none, and none where it is broken.</returns>
    public static int Send(SafeSocketHandle socket, ReadOnlySpan<byte> bytes, bool moreFollows) =>
        (int)Math.Max(0, Send(socket, bytes, bytes.Length, DoNotWait | NoSignal | (moreFollows ? MoreFollows : 0)));

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
    /// Opens a file that is there, and no link, pipe or device that stands in its place: no part of the path is followed elsewhere.
    /// </summary>
    public static Opened OpenWithoutLinks(string path, FileAccess access, out SafeFileHandle? file)
    {
        file = null;
        var handle = Open(path, (access is FileAccess.Read ? 0 : ReadAndWrite) | DoNotBlock | CloseOnExec);
        if (handle < 0)
        {
            return Marshal.GetLastPInvokeError() switch
            {
                NoEntry or NoDirectory => Opened.Nothing,
                TooManyLinks or NoDevice or IsDirectory => Opened.NoPlainFile,
                NoAccess or NotPermitted => Opened.NotAllowed,
                _ => Opened.NotAtAll,
            };
        }

        file = new SafeFileHandle(handle, ownsHandle: true);
        if (IsPlain(file))
        {
            return Opened.File;
        }

        file.Dispose();
        file = null;
        return Opened.NoPlainFile;
    }

    /// <summary>A path without links in it; null where there is no such thing.</summary>
    public static unsafe string? RealPath(string path)
    {
        var buffer = stackalloc byte[PathBytesMax];
        return RealPath(path, buffer) == 0 ? null : Marshal.PtrToStringUTF8((nint)buffer);
    }

    /// <summary>The user as whom the process acts.</summary>
    public static uint User => EffectiveUser();

    /// <summary>Whose a file or directory is; null where the system does not say.</summary>
    public static unsafe uint? OwnerOf(string path)
    {
        FileStatus status = default;
        return Status(Here, path, 0, OwnerWanted, &status) == 0 ? status.Owner : null;
    }

    private static unsafe int Open(string path, int flags)
    {
        var how = new OpenHow { Flags = (ulong)flags, Resolve = NoLinks };
        while (true)
        {
            var handle = (int)OpenCalled(OpenCall, Here, path, &how, sizeof(OpenHow));
            switch (handle < 0 ? Marshal.GetLastPInvokeError() : 0)
            {
                case Interrupted:
                    continue;
                case NoSuchCall or NotPermitted: // an old kernel, or a sandbox that does not know the call: the last part at least
                    return OpenPlainly(path, flags | NotALink, 0);
                default:
                    return handle;
            }
        }
    }

    private static unsafe bool IsPlain(SafeFileHandle file)
    {
        FileStatus status = default;
        return Status(file, "", Itself, TypeWanted, &status) == 0 && (status.Mode & TypeOfFile) == PlainType;
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint OpenCalled(nint call, nint from, string path, OpenHow* how, nint howBytes);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenPlainly(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Status(SafeFileHandle file, string path, int flags, uint wanted, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Status(int from, string path, int flags, uint wanted, FileStatus* status);

    [LibraryImport("libc", EntryPoint = "realpath", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial nint RealPath(string path, byte* real);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();

    [LibraryImport("libc", EntryPoint = "sendfile", SetLastError = true)]
    private static partial nint SendFile(SafeSocketHandle to, SafeFileHandle from, ref long offset, nint count);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    private static partial nint Send(SafeSocketHandle to, ReadOnlySpan<byte> bytes, nint length, int flags);

    [LibraryImport("libc", EntryPoint = "preadv2", SetLastError = true)]
    private static unsafe partial nint ReadVector(SafeFileHandle from, IoVector* vectors, int count, long offset, int flags);

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, in int priority); // struct sched_param is an int

    // O_NOFOLLOW: one of the few numbers that processors differ in.
    private static int NotALink => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? 0x8000 : 0x20000;

    /// <summary>What was found where a file belongs.</summary>
    internal enum Opened
    {
        File,
        Nothing,
        NoPlainFile, // a link on the way, a pipe, a device, a directory
        NotAllowed,
        NotAtAll, // the disk refuses: the system's words say how
    }

    /// <summary>What became of a call that moves bytes.</summary>
    internal enum Io
    {
        Done,         // some bytes, perhaps fewer than asked for
        WouldBlock,   // the socket is full
        FileEnded,    // the file has no byte there
        FileBroken,   // the file's disk refuses
        SocketBroken, // the other side has left, or the connection was closed here
    }

    /// <summary><c>struct open_how</c>.</summary>
    private struct OpenHow
    {
        public ulong Flags;
        public ulong Mode;
        public ulong Resolve;
    }

    /// <summary><c>struct statx</c>, of which two fields are read.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(20)]
        public uint Owner;

        [FieldOffset(28)]
        public ushort Mode;
    }

    /// <summary><c>struct iovec</c>.</summary>
    private unsafe struct IoVector
    {
        public void* Base;
        public nint Length;
    }
}
