using System.Diagnostics;
using System.Runtime.InteropServices;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.LocalEcr;

public sealed class SampleImageTests
{
    [Fact]
    public void SameArguments_GiveTheSameImage()
    {
        Assert.Equal(SampleImage.Build(5000).Digest, SampleImage.Build(5000).Digest);
        Assert.NotEqual(SampleImage.Build(5000).Digest, SampleImage.Build(5001).Digest);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Skopeo_CopiesAndVerifiesBothPlatforms(bool docker)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/skopeo"), "skopeo is not installed");
        await using var server = await LocalEcrServer.StartAsync(cancel: EcrAsker.Cancel);
        var region = server.Main;
        var image = docker ? SampleImage.BuildDocker(200_000) : SampleImage.Build(200_000);
        image.PutInto(region.Content, "demo/hello", "latest");
        using var target = new ScratchDirectory();

        var copied = await RunAsync(
            "skopeo",
            "--insecure-policy",
            "copy",
            "--all",
            "--src-creds",
            "AWS:" + region.MintToken().Password,
            "--src-tls-verify=false",
            $"docker://{region.Registry.Authority}/demo/hello:latest",
            $"dir:{target.Path}");

        Assert.True(copied.ExitCode == 0, copied.Output);
        var index = await File.ReadAllBytesAsync(Path.Combine(target.Path, "manifest.json"), EcrAsker.Cancel);
        Assert.Equal(image.Index.ToArray(), index);
        Assert.All(image.Blobs, blob => Assert.True(File.Exists(Path.Combine(target.Path, blob.Digest[7..]))));
        Assert.All(
            region.Counters.Log.Where(entry => entry.Origin == OriginName.Layers),
            entry => Assert.False(entry.HasAuthorization));
    }

    [Fact]
    public async Task HelloProgram_RunsOnThisMachine()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Skip("the program is for Linux");
            return;
        }

        var program = HelloProgram.For(RuntimeInformation.OSArchitecture == Architecture.Arm64 ? "arm64" : "amd64");
        using var scratch = new ScratchDirectory();
        var (written, path) = (Path.Combine(scratch.Path, "written"), Path.Combine(scratch.Path, "hello"));
        await File.WriteAllBytesAsync(written, program, EcrAsker.Cancel);

        // Not the file that was written here: a program that another test starts meanwhile may still hold it open for writing.
        Assert.Equal((0, ""), await RunAsync("cp", written, path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);

        var ran = await RunAsync(path);

        Assert.Equal((0, "Hello from Amazon ECR's local stand-in, by way of fast-ecr-proxy.\n"), ran);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync(EcrAsker.Cancel);
        var errors = process.StandardError.ReadToEndAsync(EcrAsker.Cancel);
        await process.WaitForExitAsync(EcrAsker.Cancel);
        return (process.ExitCode, await output + await errors);
    }

    private sealed class ScratchDirectory : IDisposable
    {
        public string Path { get; } = Directory.CreateTempSubdirectory("localecr").FullName;

        public void Dispose() => Directory.Delete(Path, recursive: true);
    }
}
