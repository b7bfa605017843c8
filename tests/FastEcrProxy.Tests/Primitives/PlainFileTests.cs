using System.Diagnostics;
using FastEcrProxy.Primitives;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Primitives;

public sealed class PlainFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Inside => Path.Combine(_folder.Path, "cache", "file");

    private string Outside => Path.Combine(_folder.Path, "outside");

    public PlainFileTests()
    {
        Directory.CreateDirectory(Path.Combine(_folder.Path, "cache"));
        File.WriteAllText(Outside, "secret");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void File_IsReadAndAppendedTo()
    {
        PlainFile.Append(Inside, "one\n"u8);
        PlainFile.Append(Inside, "two\n"u8);

        Assert.Equal(["one", "two"], PlainFile.Lines(Inside, 100));
        Assert.Null(PlainFile.TryRead(Inside, 7));
    }

    [Theory]
    [InlineData("cache/nothing")]
    [InlineData("outside/file")]
    public void NoFile_IsNone(string path)
    {
        Assert.Null(PlainFile.TryOpen(Path.Combine(_folder.Path, path)));
        Assert.Null(PlainFile.TryRead(Path.Combine(_folder.Path, path), 100));
        Assert.Empty(PlainFile.Lines(Path.Combine(_folder.Path, path), 100));
    }

    [Theory]
    [InlineData(FileAccess.Read)]
    [InlineData(FileAccess.ReadWrite)]
    public void LinkToAFile_IsNotFollowed(FileAccess access)
    {
        File.CreateSymbolicLink(Inside, Outside);

        Assert.Throws<NotPlainException>(() => PlainFile.TryOpen(Inside, access));
        Assert.Throws<NotPlainException>(() => PlainFile.Append(Inside, "x"u8));

        Assert.Equal("secret", File.ReadAllText(Outside));
    }

    [Fact]
    public void LinkToNothing_IsNotWrittenThrough()
    {
        File.CreateSymbolicLink(Inside, Path.Combine(_folder.Path, "made"));

        Assert.Throws<NotPlainException>(() => PlainFile.Append(Inside, "x"u8));

        Assert.False(File.Exists(Path.Combine(_folder.Path, "made")));
    }

    [Fact]
    public void LinkOnTheWay_IsNotFollowed()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "way"), Path.Combine(_folder.Path, "cache"));
        File.WriteAllText(Inside, "content");

        Assert.Throws<NotPlainException>(() => PlainFile.TryOpen(Path.Combine(_folder.Path, "way", "file")));
    }

    [Theory]
    [InlineData(FileAccess.Read)]
    [InlineData(FileAccess.ReadWrite)]
    public void PipeWithNobodyAtItsOtherEnd_HoldsNobodyUp(FileAccess access)
    {
        using (var made = Process.Start("mkfifo", [Inside]))
        {
            made.WaitForExit();
        }

        Assert.Throws<NotPlainException>(() => PlainFile.TryOpen(Inside, access));
    }

    [Fact]
    public void Directory_IsNoFile()
    {
        Directory.CreateDirectory(Inside);

        Assert.Throws<NotPlainException>(() => PlainFile.TryOpen(Inside));
        Assert.Throws<NotPlainException>(() => PlainFile.TryOpen(Inside, FileAccess.ReadWrite));
    }

    [Fact]
    public void Device_IsNoFile() => Assert.Throws<NotPlainException>(() => PlainFile.TryOpen("/dev/zero"));

    [Fact]
    public void RealPath_HasNoLinks()
    {
        Directory.CreateSymbolicLink(Path.Combine(_folder.Path, "way"), Path.Combine(_folder.Path, "cache"));

        Assert.Equal(
            PlainFile.RealPath(Path.Combine(_folder.Path, "cache")), PlainFile.RealPath(Path.Combine(_folder.Path, "way", "..", "cache")));
        Assert.Throws<IOException>(() => PlainFile.RealPath(Path.Combine(_folder.Path, "nothing")));
    }
}
