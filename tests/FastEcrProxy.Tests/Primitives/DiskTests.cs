using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FastEcrProxy.Primitives;
using Microsoft.Extensions.Time.Testing;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Tests.Primitives;

public sealed partial class DiskTests : IDisposable
{
    private const int Length = 3 << 20;
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED

    private readonly string _path = Path.GetTempFileName();
    private readonly FakeTimeProvider _time = new();
    private readonly Disk _disk;

    public DiskTests() => _disk = new Disk(_time);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task FileThatIsNotInMemory_IsBroughtThere()
    {
        using var file = OpenCold();

        await _disk.BringAsync(file, 0, Length, Cancel);

        Assert.All(Enumerable.Range(0, Length >> 16), block => Assert.True(Libc.IsInMemory(file, (long)block << 16)));
    }

    [Fact]
    public void FileThatIsInMemory_IsNotWaitedFor()
    {
        using var file = Open(Length);

        Assert.True(_disk.BringAsync(file, 0, Length, Cancel).IsCompletedSuccessfully);
        Assert.True(_disk.BringAsync(file, 0, 0, Cancel).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task WaitThatIsGivenUp_EndsThoughEveryThreadIsHeldUpAndTheFileMayBeClosed()
    {
        using var release = new ManualResetEventSlim();
        var threads = new DiskThreads(threadsMax: 1);
        var heldUp = threads.RunAsync(release.Wait);
        using var client = new CancellationTokenSource();
        using var file = OpenCold();
        var waiting = new Disk(_time, threads).BringAsync(file, 0, Length, client.Token).AsTask();
        Assert.False(waiting.IsCompleted);

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        file.Dispose();
        release.Set();
        await heldUp;
        await threads.RunAsync(static () => { }); // behind what was given up, on the same thread
    }

    [Theory]
    [InlineData(0, 10L * Length)]
    [InlineData(Length, 1)]
    [InlineData(50L * Length, 4096)]
    public async Task StretchPastTheEnd_DoesNoHarm(long offset, long count)
    {
        using var file = Open(Length);

        await _disk.BringAsync(file, offset, count, Cancel);

        Assert.Equal(Length, RandomAccess.GetLength(file));
    }

    [Fact]
    public async Task FileThatCannotBeRead_IsLeftToWhoeverReadsIt()
    {
        using var whole = Open(Length);
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

        await _disk.BringAsync(file, 0, Length, Cancel);

        Assert.False(file.IsClosed);
    }

    [Fact]
    public async Task Write_IsMadeOnTheCallersThread()
    {
        using var file = OpenToWrite();

        var writing = _disk.WriteAsync(file, "abc"u8.ToArray(), 2);

        Assert.True(writing.IsCompletedSuccessfully);
        await writing;
        Assert.Equal("\0\0abc"u8.ToArray(), ReadBack());
        Assert.False(_disk.IsSlow);
    }

    [Fact]
    public async Task DiskThatMadeOneWriteWait_HasItsOwnThreadsForAWhile()
    {
        var disk = new Disk(new StumblingClock(_time, by: TimeSpan.FromMilliseconds(21)));
        using var file = OpenToWrite();

        await disk.WriteAsync(file, "a"u8.ToArray(), 0);
        var isSlow = disk.IsSlow;
        await disk.WriteAsync(file, "b"u8.ToArray(), 1);
        _time.Advance(TimeSpan.FromSeconds(3));

        Assert.True(isSlow);
        Assert.False(disk.IsSlow);
        Assert.Equal("ab"u8.ToArray(), ReadBack());
    }

    [Fact]
    public async Task WriteThatIsRefused_SaysSoOnEitherThread()
    {
        var slow = new Disk(new StumblingClock(_time, by: TimeSpan.FromSeconds(1)));
        using (var file = OpenToWrite())
        {
            await slow.WriteAsync(file, "a"u8.ToArray(), 0);
        }

        using var readOnly = Open(10);

        await Assert.ThrowsAnyAsync<UnauthorizedAccessException>(() => _disk.WriteAsync(readOnly, "a"u8.ToArray(), 0).AsTask());
        await Assert.ThrowsAnyAsync<UnauthorizedAccessException>(() => slow.WriteAsync(readOnly, "a"u8.ToArray(), 0).AsTask());
    }

    private SafeFileHandle OpenToWrite() => File.OpenHandle(_path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite);

    private byte[] ReadBack()
    {
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[RandomAccess.GetLength(file)];
        RandomAccess.Read(file, bytes, 0);
        return bytes;
    }

    /// <summary>A file of which nothing is in memory.</summary>
    private SafeFileHandle OpenCold()
    {
        Assert.SkipUnless(Libc.IsThere, "Only Linux can be asked what is in memory.");
        var file = Open(Length);
        RandomAccess.FlushToDisk(file);
        _ = Advise(file, 0, 0, DontNeed);
        // Only once and in the middle: a look brings the block that it looks at into memory, and the ends are what the disk looks at.
        Assert.SkipWhen(Libc.IsInMemory(file, Length / 2), "This filesystem forgets nothing.");
        return file;
    }

    private SafeFileHandle Open(int length)
    {
        File.WriteAllBytes(_path, RandomNumberGenerator.GetBytes(length));
        return File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);

    /// <summary>Another clock, ahead by so much each time it is looked at once: the first measure on it takes that long.</summary>
    private sealed class StumblingClock(TimeProvider time, TimeSpan by) : TimeProvider
    {
        private int _looks;

        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp()
        {
            const int end = 3; // made, asked, write begins, write ends
            var late = Interlocked.Increment(ref _looks) > end ? by : TimeSpan.Zero;
            return time.GetTimestamp() + (long)(late.TotalSeconds * TimestampFrequency);
        }
    }
}
