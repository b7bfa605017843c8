using System.Text.Json;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>dockerd, asked by docker.</summary>
internal sealed class DockerEngine : ImageClient
{
    private DockerEngine(Room room)
        : base(room)
    {
    }

    private string Socket => $"unix://{Room.File("d.sock")}";

    public static async Task<DockerEngine> StartAsync(string? caFile)
    {
        Tools.Need("dockerd", "docker", "containerd", "runc");
        Tools.NeedNamespaces();
        var room = new Room(isolated: true);
        if (caFile is not null)
        {
            room.Environment["SSL_CERT_FILE"] = caFile;
        }

        var client = new DockerEngine(room);
        var server = room.Start(
            "dockerd",
            "--config-file",
            room.File("daemon.json", "{}"),
            "--data-root",
            room.Folder("data"),
            "--exec-root",
            room.Folder("exec"),
            "--pidfile",
            room.File("d.pid"),
            "--host",
            client.Socket,
            "--storage-driver=vfs",
            "--bridge=none",
            "--iptables=false",
            "--ip-forward=false",
            "--ip-masq=false",
            "--userland-proxy=false",
            "--max-download-attempts=2"); // its pause before the next attempt grows by 5 s
        try
        {
            await server.UntilReadyAsync(() => server.Log.Any(line => line.Contains("API listen on", StringComparison.Ordinal)));
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    public override Task<ProgramRun> LoginAsync(string host, string user, string password) =>
        Room.RunWithAsync(password, "docker", "--host", Socket, "login", "--username", user, "--password-stdin", host);

    public override Task<ProgramRun> LogoutAsync(string host) => DockerAsync("logout", host);

    public override Task<ProgramRun> PullAsync(string reference) => DockerAsync("pull", reference);

    public override async Task<ProgramRun> PushAsync(string from, string to)
    {
        (await DockerAsync("tag", from, to)).MustSucceed();
        return await DockerAsync("push", to);
    }

    public override async Task<bool> HoldsAsync(string reference, SampleImage image)
    {
        var inspected = await DockerAsync("image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", reference);
        if (!inspected.Succeeded)
        {
            Assert.Contains("No such image", inspected.All, StringComparison.OrdinalIgnoreCase);
            return false;
        }

        var (id, digests) = (inspected.Output.Split(' ')[0], inspected.Output.Split(' ')[1]);
        Assert.Equal(PlatformOf(image).Config.Digest, id);
        Assert.Contains(JsonSerializer.Deserialize<string[]>(digests)!, name => name.EndsWith('@' + image.Digest));
        return true;
    }

    public override async Task ForgetAsync() => (await DockerAsync("image", "prune", "--all", "--force")).MustSucceed();

    public override Task<ProgramRun> RunAsync(string reference) => DockerAsync("run", "--rm", "--network", "none", reference);

    public Task<ProgramRun> DockerAsync(params string[] arguments) => Room.RunAsync("docker", ["--host", Socket, .. arguments]);
}
