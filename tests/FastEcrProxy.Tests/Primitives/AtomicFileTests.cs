using FastEcrProxy.Primitives;

namespace FastEcrProxy.Tests.Primitives;

public sealed class AtomicFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("atomic-file-");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Target => Path.Combine(_directory.FullName, "target");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void Write_MakesTheFileAndMissingDirectories()
    {
        var deep = Path.Combine(_directory.FullName, "a", "b", "c");

        AtomicFile.Write(deep, "hello"u8);

        Assert.Equal("hello"u8, File.ReadAllBytes(deep));
        Assert.Equal([deep], Files());
    }

    [Fact]
    public void Write_ReplacesAllOfALongerFile()
    {
        AtomicFile.Write(Target, "a long content"u8);

        AtomicFile.Write(Target, "short"u8);

        Assert.Equal("short"u8, File.ReadAllBytes(Target));
        Assert.Equal([Target], Files());
    }

    [Fact]
    public void EmptyContent_IsAFile()
    {
        AtomicFile.Write(Target, []);

        Assert.Equal(0, new FileInfo(Target).Length);
    }

    [Fact]
    public void OpenReader_KeepsTheOldContent()
    {
        AtomicFile.Write(Target, "old"u8);
        using var reader = File.OpenHandle(Target);

        AtomicFile.Write(Target, "new!"u8);

        Assert.Equal(3, RandomAccess.GetLength(reader));
        Assert.Equal("new!"u8, File.ReadAllBytes(Target));
    }

    [Fact]
    public void LeftoverOfACrash_IsInNobodysWay()
    {
        var leftover = Target + ".abcdefgh.xyz" + AtomicFile.LeftoverSuffix;
        File.WriteAllText(leftover, "half");

        AtomicFile.Write(Target, "whole"u8);

        Assert.Equal("whole"u8, File.ReadAllBytes(Target));
        Assert.Equal("half", File.ReadAllText(leftover));
    }

    [Fact]
    public void FailedWrite_LeavesWhatWasThereAndNothingElse()
    {
        var inTheWay = Directory.CreateDirectory(Path.Combine(Target, "full")).FullName;

        Assert.ThrowsAny<IOException>(() => AtomicFile.Write(Target, "content"u8));

        Assert.True(Directory.Exists(inTheWay));
        Assert.Empty(Files());
    }

    [Fact]
    public async Task ConcurrentWriters_LeaveOneWholeFile()
    {
        const int Writers = 8;
        const int Rounds = 50;
        const int Length = 64 * 1024;
        AtomicFile.Write(Target, new byte[Length]);
        var writers = Task.WhenAll(Enumerable.Range(1, Writers).Select(writer => Task.Run(() => WriteRounds((byte)writer), Cancel)));

        do
        {
            AssertWhole(File.ReadAllBytes(Target));
        }
        while (!writers.IsCompleted);

        await writers;
        AssertWhole(File.ReadAllBytes(Target));
        Assert.Equal([Target], Files());

        void WriteRounds(byte mark)
        {
            var content = new byte[Length];
            Array.Fill(content, mark);
            for (var i = 0; i < Rounds; i++)
            {
                AtomicFile.Write(Target, content);
            }
        }

        static void AssertWhole(byte[] content)
        {
            Assert.Equal(Length, content.Length);
            Assert.False(content.AsSpan().ContainsAnyExcept(content[0]), "the file has parts of two writers");
        }
    }

    private string[] Files() => Directory.GetFiles(_directory.FullName, "*", SearchOption.AllDirectories);
}
