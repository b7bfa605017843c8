using System.Runtime.InteropServices;

namespace FastEcrProxy.LoadBench.Machine;

/// <summary>What is needed of Linux and .NET does not give: epoll, recv without a copy, sendfile, the page cache.</summary>
internal static unsafe partial class Libc
{
    public const int TryAgain = 11; // EAGAIN
    public const int Interrupted = 4; // EINTR

    public const int DontWait = 0x40; // MSG_DONTWAIT
    public const int Truncate = 0x20; // MSG_TRUNC: TCP counts the bytes and throws them away
    public const int NoSignal = 0x4000; // MSG_NOSIGNAL
    public const int More = 0x8000; // MSG_MORE
    public const int BothWays = 2; // SHUT_RDWR

    public const int EpollAdd = 1;
    public const uint EpollIn = 1;

    public const int AdviceDontNeed = 4; // POSIX_FADV_DONTNEED

    public const int AdviceHugePages = 14; // MADV_HUGEPAGE

    public const int ProtectRead = 1;
    public const int ProtectReadWrite = 3;
    public const int MapShared = 1;
    public const int MapPrivateAnonymous = 0x22;

    private const string Name = "libc";

    [LibraryImport(Name, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* buffer, nint length, int flags);

    [LibraryImport(Name, EntryPoint = "send", SetLastError = true)]
    public static partial nint Send(int socket, byte* buffer, nint length, int flags);

    [LibraryImport(Name, EntryPoint = "sendfile", SetLastError = true)]
    public static partial nint SendFile(int socket, SafeHandle file, ref long offset, nint count);

    [LibraryImport(Name, EntryPoint = "shutdown", SetLastError = true)]
    public static partial int Shutdown(int socket, int how);

    [LibraryImport(Name, EntryPoint = "setsockopt", SetLastError = true)]
    public static partial int SetOption(int socket, int level, int option, int* value, int length);

    [LibraryImport(Name, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int EpollCreate(int flags);

    [LibraryImport(Name, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int EpollControl(int epoll, int operation, int socket, byte* interest);

    [LibraryImport(Name, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int EpollWait(int epoll, byte* events, int count, int milliseconds);

    [LibraryImport(Name, EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(byte* sockets, nuint count, int milliseconds);

    [LibraryImport(Name, EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport(Name, EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int process, int signal);

    [LibraryImport(Name, EntryPoint = "posix_fadvise")]
    public static partial int Advise(SafeHandle file, long offset, long length, int advice);

    [LibraryImport(Name, EntryPoint = "fsync", SetLastError = true)]
    public static partial int Flush(SafeHandle file);

    [LibraryImport(Name, EntryPoint = "mmap", SetLastError = true)]
    public static partial byte* Map(nint address, nuint length, int protection, int flags, SafeHandle file, long offset);

    [LibraryImport(Name, EntryPoint = "mmap", SetLastError = true)]
    public static partial byte* MapAnonymous(nint address, nuint length, int protection, int flags, int none, long offset);

    [LibraryImport(Name, EntryPoint = "madvise", SetLastError = true)]
    public static partial int AdviseMemory(byte* address, nuint length, int advice);

    [LibraryImport(Name, EntryPoint = "munmap", SetLastError = true)]
    public static partial int Unmap(byte* address, nuint length);

    [LibraryImport(Name, EntryPoint = "mincore", SetLastError = true)]
    public static partial int InCore(byte* address, nuint length, byte* pages);
}
