using System.Text.RegularExpressions;
using FastEcrProxy.FunctionalTests.Processes;
using FastEcrProxy.FunctionalTests.RealClients;

namespace FastEcrProxy.FunctionalTests.Binary;

/// <summary>
/// Builds the image of the Dockerfile where there is no registry to take other images from: the published executable stands
/// in for the stage that compiles it, files of this machine for the base image. All else is built as it is written.
/// </summary>
internal static partial class ContainerImage
{
    public const string Name = "fast-ecr-proxy:test";

    private const string BaseName = "base:test";
    private const string CaBundle = "/etc/ssl/certs/ca-certificates.crt";

    public static async Task BuildAsync(DockerEngine docker, Executable executable)
    {
        docker.Room.Environment["DOCKER_BUILDKIT"] = "0"; // newer clients need a plugin for the other builder
        await BuildBaseAsync(docker, executable);

        var output = docker.Room.Folder("context/out");
        File.Copy(executable.FileName, Path.Combine(output, "fast-ecr-proxy"));
        Directory.CreateDirectory(Path.Combine(output, "cache"));
        var stages = StageBegin().Split(await File.ReadAllTextAsync(
            Path.Combine(Executable.RepositoryRoot, "Dockerfile"), TestContext.Current.CancellationToken));
        Assert.Equal(3, stages.Length); // what is before the first stage, the stage that compiles, the image
        docker.Room.File("context/Dockerfile", stages[0] + "FROM scratch AS build\nCOPY out /out\n" + stages[2]);
        (await docker.DockerAsync(
            "build", "--build-arg", $"BASE_IMAGE={BaseName}", "--tag", Name, docker.Room.File("context"))).MustSucceed();
    }

    /// <summary>C library, OpenSSL and CA certificates from where this machine has them. No shell, no names of users.</summary>
    private static async Task BuildBaseAsync(DockerEngine docker, Executable executable)
    {
        Tools.Need("ldconfig", "ldd", "grep");
        var known = await docker.Room.RunAsync("sh", "-c", @"ldconfig --print-cache | grep -E 'lib(ssl|crypto)\.so\.3 \(libc6,'");
        string[] openSsl = [.. OpenSsl().Matches(known.Output).Select(match => match.Groups["path"].Value).Distinct()];
        if (openSsl.Length == 0)
        {
            Tools.Skip("OpenSSL 3 is not installed");
        }

        var linked = (await docker.Room.RunAsync("ldd", [executable.FileName, .. openSsl])).MustSucceed().Output;
        var files = Library().Matches(linked).Select(match => match.Groups["path"].Value).Concat(openSsl).Distinct();
        var root = docker.Room.Folder("base/root");
        foreach (var file in File.Exists(CaBundle) ? files.Append(CaBundle) : files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(root + file)!);
            File.Copy(file, root + file);
        }

        // As the base image says it to ASP.NET: nothing may listen there.
        docker.Room.File("base/Dockerfile", "FROM scratch\nCOPY root /\nENV ASPNETCORE_HTTP_PORTS=8080\n");
        (await docker.DockerAsync("build", "--tag", BaseName, docker.Room.File("base"))).MustSucceed();
    }

    [GeneratedRegex("^(?=FROM )", RegexOptions.Multiline)]
    private static partial Regex StageBegin();

    [GeneratedRegex(@" => (?<path>/\S+)$", RegexOptions.Multiline)]
    private static partial Regex OpenSsl();

    [GeneratedRegex(@"(?<path>/\S+\.so\S*) \(0x")]
    private static partial Regex Library();
}
