using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FastEcrProxy.Primitives;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Tests.Primitives;

public sealed partial class ColdReadsTests : IDisposable
{
    private const int Length = 3 << 20;
    private const int DontNeed = 4; // POSIX_FADV_DONTNEED

    private readonly string _path = Path.GetTempFileName();
    private readonly ColdReads _cold = new();

    public void Dispose() => File.Delete(_path);

    [Fact]
    public async Task FileThatIsNotInMemory_IsBroughtThere()
    {
        Assert.SkipUnless(Libc.IsThere, "Only Linux can be asked what is in memory.");
        using var file = Open(Length);
        RandomAccess.FlushToDisk(file);
        _ = Advise(file, 0, 0, DontNeed);
        Assert.SkipWhen(Libc.IsInMemory(file, Length / 2), "This filesystem forgets nothing.");

        await _cold.BringAsync(file, 0, Length);

        Assert.All(Enumerable.Range(0, Length >> 16), block => Assert.True(Libc.IsInMemory(file, (long)block << 16)));
    }

    [Fact]
    public void FileThatIsInMemory_IsNotWaitedFor()
    {
        using var file = Open(Length);

        Assert.True(_cold.BringAsync(file, 0, Length).IsCompletedSuccessfully);
        Assert.True(_cold.BringAsync(file, 0, 0).IsCompletedSuccessfully);
    }

    [Theory]
    [InlineData(0, 10L * Length)]
    [InlineData(Length, 1)]
    [InlineData(50L * Length, 4096)]
    public async Task StretchPastTheEnd_DoesNoHarm(long offset, long count)
    {
        using var file = Open(Length);

        await _cold.BringAsync(file, offset, count);

        Assert.Equal(Length, RandomAccess.GetLength(file));
    }

    [Fact]
    public async Task FileThatCannotBeRead_IsLeftToWhoeverReadsIt()
    {
        using var whole = Open(Length);
        using var file = File.OpenHandle(_path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);

        await _cold.BringAsync(file, 0, Length);

        Assert.False(file.IsClosed);
    }

    private SafeFileHandle Open(int length)
    {
        File.WriteAllBytes(_path, RandomNumberGenerator.GetBytes(length));
        return File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
    }

    [LibraryImport("libc", EntryPoint = "posix_fadvise")]
    private static partial int Advise(SafeFileHandle file, long offset, long length, int advice);
}
