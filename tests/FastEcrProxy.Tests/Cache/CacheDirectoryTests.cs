using System.Diagnostics;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class CacheDirectoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Root => Path.Combine(_folder.Path, "made", "cache");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void MissingDirectory_IsMadeForItsOwnerOnly()
    {
        using var directory = CacheDirectory.Open(Root);

        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Root));
        Assert.Equal(
            ["blobs", "manifests", "partial", "repositories"],
            Directory.GetDirectories(Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal("1", File.ReadAllText(Path.Combine(Root, "version")).Trim());
    }

    [Fact]
    public void SecondOpener_IsToldInOneSentence()
    {
        using var first = CacheDirectory.Open(Root);

        var refusal = Assert.ThrowsAny<IOException>(() => CacheDirectory.Open(Root));

        Assert.Equal("used by another fast-ecr-proxy; give each one a directory of its own", refusal.Message);
    }

    [Fact]
    public void DirectoryThatWasClosed_IsFree()
    {
        CacheDirectory.Open(Root).Dispose();

        using var again = CacheDirectory.Open(Root);

        Assert.Equal(Root, again.Root);
    }

    [Fact]
    public void ForeignVersion_IsRefusedAndLetGo()
    {
        CacheDirectory.Open(Root).Dispose();
        File.WriteAllText(Path.Combine(Root, "version"), "2\n");

        var refusal = Assert.ThrowsAny<IOException>(() => CacheDirectory.Open(Root));

        Assert.Contains("layout 2, not 1", refusal.Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(Root, "version"), "1\n");
        CacheDirectory.Open(Root).Dispose();
    }

    [Fact]
    public void VersionLostInAPowerCut_IsTakenForOurs()
    {
        CacheDirectory.Open(Root).Dispose();
        File.WriteAllText(Path.Combine(Root, "version"), "");

        CacheDirectory.Open(Root).Dispose();
    }

    [Fact]
    public void LockThatCannotBeWrittenTo_IsNotBlamedOnAnotherProxy()
    {
        Directory.CreateDirectory(Root);
        using (var made = Process.Start("mknod", [Path.Combine(Root, "lock"), "c", "1", "7"])) // as /dev/full is
        {
            made.WaitForExit();
            Assert.SkipUnless(made.ExitCode == 0, "Only root can make devices.");
        }

        using var directory = CacheDirectory.Open(Root); // the number in it is for people: hits can be served without

        Assert.Equal(Root, directory.Root);
    }

    [Fact]
    public void LockOfAProcessWithALongerNumber_IsOverwrittenWhole()
    {
        Directory.CreateDirectory(Root);
        File.WriteAllText(Path.Combine(Root, "lock"), "123456789012\n");

        CacheDirectory.Open(Root).Dispose();

        Assert.Equal($"{Environment.ProcessId}\n", File.ReadAllText(Path.Combine(Root, "lock")));
    }

    [Theory]
    [InlineData("sha256", 64)]
    [InlineData("sha512", 128)]
    public void NameOfContent_IsItsDigestAndNothingElse(string algorithm, int hexLength)
    {
        var hex = "ab" + new string('c', hexLength - 2);
        Assert.True(Digest.TryParse($"{algorithm}:{hex}", out var digest));
        using var directory = CacheDirectory.Open(Root);

        Assert.Equal(Path.Combine(Root, "blobs", algorithm, "ab", hex), directory.Blob(digest));
        Assert.Equal(Path.Combine(Root, "manifests", algorithm, "ab", hex), directory.Manifest(digest));
        Assert.Equal(Path.Combine(Root, "partial", $"{algorithm}-{hex}"), directory.Partial(digest));
    }

    [Fact]
    public void EntryOfTheIndex_IsFoundAgainAsAFile()
    {
        using var directory = CacheDirectory.Open(Root);
        foreach (var name in (string[])["sha256:" + new string('d', 64), "sha512:" + new string('e', 128)])
        {
            Assert.True(Digest.TryParse(name, out var digest));
            Directory.CreateDirectory(Path.GetDirectoryName(directory.Blob(digest))!);
            File.WriteAllText(directory.Blob(digest), "");

            Assert.Equal(directory.Blob(digest), CacheDirectory.Find(directory.Blobs, DigestKey.Of(digest)));
        }

        Assert.True(Digest.TryParse("sha512:" + new string('f', 128), out var missing));
        Assert.Null(CacheDirectory.Find(directory.Blobs, DigestKey.Of(missing)));
    }
}
