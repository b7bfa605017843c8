using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class ImageNameTests
{
    private const string Hex = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    [Theory]
    [InlineData("app", null, "app", "latest")]
    [InlineData("team/app", null, "team/app", "latest")]
    [InlineData("team/app:1.2", null, "team/app", "1.2")]
    [InlineData("registry.example.com/team/app:1.2", "registry.example.com", "team/app", "1.2")]
    [InlineData("registry.example.com:5000/app", "registry.example.com:5000", "app", "latest")]
    [InlineData("localhost/app:x", "localhost", "app", "x")]
    [InlineData("localhost:5000/app", "localhost:5000", "app", "latest")]
    [InlineData("127.0.0.1:5000/app", "127.0.0.1:5000", "app", "latest")]
    [InlineData("[::1]:5000/app", "[::1]:5000", "app", "latest")]
    [InlineData("team/app@sha256:" + Hex, null, "team/app", "sha256:" + Hex)]
    [InlineData("registry.example.com/app:1@sha256:" + Hex, "registry.example.com", "app", "sha256:" + Hex)]
    [InlineData("localhost:5000", null, "localhost", "5000")] // as docker has it: without a slash there is no host
    public void WrittenName_IsReadAsDockerReadsIt(string text, string? host, string repository, string reference)
    {
        var (image, problem) = ImageName.Read(text);

        Assert.Null(problem);
        Assert.Equal((host, repository, reference), (image!.Host, image.Repository.ToString(), image.Reference.ToString()));
        Assert.Equal(text, image.ToString());
    }

    [Theory]
    [InlineData("app", "")]
    [InlineData("registry.example.com/app", "registry.example.com")]
    [InlineData("registry.example.com:5000/app", "registry.example.com")]
    [InlineData("[::1]:5000/app", "[::1]")]
    [InlineData("[::1]/app", "[::1]")]
    public void HostName_IsWithoutPort(string text, string expected) => Assert.Equal(expected, ImageName.Read(text).Image!.HostName);

    [Theory]
    [InlineData("", "names no image")]
    [InlineData("Team/App", "names no image")]
    [InlineData("team//app", "names no image")]
    [InlineData("registry.example.com/", "names no image")]
    [InlineData("https://registry.example.com/app", "names no image")]
    [InlineData("app:", "is no tag")]
    [InlineData("app:a b", "is no tag")]
    [InlineData("app@sha256:abc", "is no digest")]
    [InlineData("app@latest", "is no digest")]
    public void OtherText_IsRefusedWithASentence(string text, string expected)
    {
        var (image, problem) = ImageName.Read(text);

        Assert.Null(image);
        Assert.Contains(expected, problem, StringComparison.Ordinal);
        Assert.EndsWith(".", problem, StringComparison.Ordinal);
    }
}
