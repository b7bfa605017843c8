using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using FastEcrProxy.LoadBench.Machine;

namespace FastEcrProxy.LoadBench.Client;

/// <summary>Waits for any of many sockets. Each has a number, by which it is told.</summary>
internal sealed unsafe class Epoll : IDisposable
{
    private const int EventsMax = 64;

    // struct epoll_event is packed on x86-64 and nowhere else.
    private static readonly int NumberAt = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 4 : 8;
    private static readonly int EventBytes = NumberAt + sizeof(long);

    private readonly int _descriptor = Libc.EpollCreate(0);
    private readonly byte* _events = (byte*)NativeMemory.Alloc((nuint)(EventsMax * EventBytes));

    public void Add(int socket, int number)
    {
        var interest = stackalloc byte[EventBytes];
        Unsafe.WriteUnaligned(interest, Libc.EpollIn);
        Unsafe.WriteUnaligned(interest + NumberAt, (long)number);
        if (Libc.EpollControl(_descriptor, Libc.EpollAdd, socket, interest) != 0)
        {
            throw new BenchFailure($"epoll refuses a socket, error {Marshal.GetLastPInvokeError()}.");
        }
    }

    /// <summary>How many are ready; zero when the time is over.</summary>
    public int Wait(int milliseconds) => Math.Max(0, Libc.EpollWait(_descriptor, _events, EventsMax, milliseconds));

    public int NumberOf(int ready) => (int)Unsafe.ReadUnaligned<long>(_events + (ready * EventBytes) + NumberAt);

    public void Dispose()
    {
        _ = Libc.Close(_descriptor);
        NativeMemory.Free(_events);
    }
}
