using System.Net;
using System.Text.Json;
using FastEcrProxy.FunctionalTests.Processes;
using FastEcrProxy.FunctionalTests.RealClients;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Binary;

/// <summary>The image of the Dockerfile in a real engine, which pulls through it.</summary>
public sealed class ContainerImageTests : RealClientTests
{
    private const string Program = "/usr/local/bin/fast-ecr-proxy";

    // An address of this test alone: who asks for the health must know the port before there is one.
    private readonly string _admin = $"127.{Random.Shared.Next(1, 255)}.{Random.Shared.Next(256)}.{Random.Shared.Next(1, 255)}:5001";

    [Fact]
    public async Task ImageOfTheDockerfile_ServesReadOnlyAndWithoutRights()
    {
        var executable = Executable.Published;
        var docker = Own(await DockerEngine.StartAsync(caFile: null));
        await ContainerImage.BuildAsync(docker, executable);

        await AssertSaysHowItIsRunAsync(docker);
        await AssertServesAsync(docker, "http", authority: null);
        await AssertServesAsync(docker, "https", Own(new PrivateAuthority()));
    }

    private static async Task AssertSaysHowItIsRunAsync(DockerEngine docker)
    {
        var inspected = await docker.DockerAsync("image", "inspect", "--format", "{{json .Config}}", ContainerImage.Name);

        using var config = JsonDocument.Parse(inspected.MustSucceed().Output);
        var said = config.RootElement;
        Assert.Equal("1654:1654", said.GetProperty("User").GetString()); // a number: Kubernetes looks no name up
        Assert.Equal("""{"5000/tcp":{}}""", said.GetProperty("ExposedPorts").GetRawText());
        Assert.Equal("""{"/var/cache/fast-ecr-proxy":{}}""", said.GetProperty("Volumes").GetRawText());
        Assert.Equal($"""["{Program}"]""", said.GetProperty("Entrypoint").GetRawText());
        Assert.Equal("""["serve"]""", said.GetProperty("Cmd").GetRawText());
        Assert.Equal($"""["CMD","{Program}","healthcheck"]""", said.GetProperty("Healthcheck").GetProperty("Test").GetRawText());
        Assert.Equal("fast-ecr-proxy", said.GetProperty("Labels").GetProperty("org.opencontainers.image.title").GetString());
    }

    /// <summary>It becomes healthy, the engine that runs it pulls through it, again with upstream gone, and it ends as asked.</summary>
    private async Task AssertServesAsync(DockerEngine docker, string container, PrivateAuthority? authority)
    {
        var ecr = Own(await LocalEcrServer.StartAsync(cancel: Cancel));
        var image = SampleImage.Build(3_000_000);
        image.PutInto(ecr.Main.Content, Repository, "1.0");

        Tools.NeedContainers(await RunAsync(docker, container, ecr.Main, authority));
        await Polling.UntilAsync("the engine calls it healthy", async () =>
        {
            var health = await InspectAsync("{{.State.Status}} {{.State.Health.Status}}");
            Assert.False(health.StartsWith("exited", StringComparison.Ordinal), (await docker.DockerAsync("logs", container)).All);
            return health == "running healthy";
        });
        var reference = $"127.0.0.1:{await PortOfAsync(docker, container)}/{Repository}:1.0";
        await PullRightAsync(docker, reference, image);
        await docker.ForgetAsync();
        await GoDarkAsync(ecr.Main);
        await PullRightAsync(docker, reference, image);
        (await docker.DockerAsync("stop", container)).MustSucceed();
        await docker.ForgetAsync(); // all but the image of a container, even of one that has ended

        Assert.Equal("0", await InspectAsync("{{.State.ExitCode}}"));
        Assert.Contains("Stopped", (await docker.DockerAsync("logs", container)).MustSucceed().Output, StringComparison.Ordinal);

        async Task<string> InspectAsync(string what) =>
            (await docker.DockerAsync("inspect", "--format", what, container)).MustSucceed().Output.Trim();
    }

    /// <summary>Where it serves, as its log says: a moment after the port is open, and the engine takes its time to keep it.</summary>
    private static async Task<int> PortOfAsync(DockerEngine docker, string container)
    {
        (IPEndPoint Data, IPEndPoint Admin)? said = null;
        await Polling.UntilAsync("the log says where it serves", async () =>
        {
            var log = (await docker.DockerAsync("logs", container)).MustSucceed().Output;
            said = log.Split('\n').Select(ProxyProcess.AddressesIn).FirstOrDefault(addresses => addresses is not null);
            return said is not null;
        });
        return said!.Value.Data.Port;
    }

    /// <summary>On this machine's loopback, with its volume as the only place that can be written.</summary>
    private Task<ProgramRun> RunAsync(
        DockerEngine docker, string container, LocalRegion region, PrivateAuthority? authority)
    {
        Dictionary<string, string> environment = new()
        {
            ["AWS_ACCESS_KEY_ID"] = region.AccessKeyId,
            ["AWS_SECRET_ACCESS_KEY"] = region.SecretAccessKey,
            ["FEP_Upstream__Host"] = region.EcrHost,
            ["FEP_Upstream__Endpoint"] = region.Registry.ToString(),
            ["FEP_Upstream__AllowedRedirectHosts"] = region.Layers.Authority,
            ["FEP_Aws__ControlPlane"] = region.ControlPlane.ToString(),
            ["FEP_Listen__Address"] = "127.0.0.1:0",
            ["FEP_Admin__Address"] = _admin,
        };
        List<string> mounts = [];
        if (authority is not null)
        {
            mounts = ["--volume", $"{authority.CertificateFile}:/tls/tls.crt:ro", "--volume", $"{authority.KeyFile}:/tls/tls.key:ro"];
            environment["FEP_Listen__Certificate"] = "/tls/tls.crt";
            environment["FEP_Listen__Key"] = "/tls/tls.key";
        }

        return docker.DockerAsync(
        [
            "run", "--detach", "--name", container, "--network", "host", "--health-interval", "200ms",
            "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges",
            .. environment.SelectMany(variable => new[] { "--env", $"{variable.Key}={variable.Value}" }), .. mounts, ContainerImage.Name,
        ]);
    }
}
