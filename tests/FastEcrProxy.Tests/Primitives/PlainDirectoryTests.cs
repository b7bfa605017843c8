using FastEcrProxy.Primitives;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Primitives;

public sealed class PlainDirectoryTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Root => Path.Combine(_folder.Path, "cache");

    private string Deep => Path.Combine(Root, "one", "two", "three");

    public PlainDirectoryTests() => Directory.CreateDirectory(Root);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Missing_AreMadeForTheirOwnerAlone()
    {
        PlainDirectory.Make(Root, Deep);

        Assert.All(
            (string[])[Path.Combine(Root, "one"), Path.Combine(Root, "one", "two"), Deep],
            made => Assert.Equal(PlainDirectory.OwnerOnly, File.GetUnixFileMode(made)));
    }

    [Theory]
    [InlineData("one")]
    [InlineData("one/two")]
    [InlineData("one/two/three")]
    public void LinkOnTheWay_GivesWay(string link)
    {
        var outside = Directory.CreateDirectory(Path.Combine(_folder.Path, "outside")).FullName;
        var planted = Path.Combine(Root, link);
        Directory.CreateDirectory(Path.GetDirectoryName(planted)!);
        Directory.CreateSymbolicLink(planted, outside);
        List<string> removed = [];

        PlainDirectory.Make(Root, Deep, removed.Add);

        Assert.Equal([planted], removed);
        Assert.False(PlainDirectory.IsLink(planted));
        Assert.True(Directory.Exists(Deep));
        Assert.Empty(Directory.GetFileSystemEntries(outside));
    }

    [Fact]
    public void File_DoesNot()
    {
        File.WriteAllText(Path.Combine(Root, "one"), "");

        Assert.Throws<IOException>(() => PlainDirectory.Make(Root, Deep));
    }
}
