using System.Text.Json;
using System.Text.Json.Nodes;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>dockerd, asked by docker.</summary>
internal sealed class DockerEngine : ImageClient
{
    /// <summary>
    /// A name of ::1 for those that were started for a host of this name. Of 127.0.0.0/8, and whatever is a name of that, dockerd
    /// checks no certificate, and shows it none.
    /// </summary>
    public const string LoopbackName = "registry.test";

    private static readonly string IdentityUser = Convert.ToBase64String("<token>:"u8);

    private DockerEngine(Room room)
        : base(room)
    {
    }

    private string Socket => $"unix://{Room.File("d.sock")}";

    /// <param name="caFile">CAs that it trusts besides the system's; of loopback it trusts anybody.</param>
    /// <param name="certificatesFor">A host of <see cref="LoopbackName"/>, for which certificates can be given to it.</param>
    public static async Task<DockerEngine> StartAsync(string? caFile, string? certificatesFor = null)
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
            "sh",
            "-c",
            certificatesFor is null ? "exec dockerd \"$@\"" : client.Arrange(certificatesFor),
            "sh",
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

    /// <summary>Puts certificates where it looks for those of the host that it was started for.</summary>
    public void GiveCertificates(string host, string folder)
    {
        foreach (var file in Directory.GetFiles(folder))
        {
            File.Copy(file, Path.Combine(CertificatesOf(host), Path.GetFileName(file)), overwrite: true);
        }
    }

    /// <summary>As after a login to a registry that gave a token of its own in the place of the password.</summary>
    public void KeepIdentityToken(string host, string token) => Room.File(
        "home/.docker/config.json",
        new JsonObject
        {
            ["auths"] = new JsonObject { [host] = new JsonObject { ["auth"] = IdentityUser, ["identitytoken"] = token } },
        }.ToJsonString());

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

    private string CertificatesOf(string host) => Room.Folder($"etc/certs.d/{host}");

    /// <summary>Its own /etc/docker and hosts, in the mounts of its own that it has here anyway.</summary>
    private string Arrange(string host)
    {
        CertificatesOf(host);
        var hosts = Room.File("hosts", $"::1 {LoopbackName}\n");
        return $"mkdir -p /etc/docker && mount --bind {Room.File("etc")} /etc/docker && mount --bind {hosts} /etc/hosts"
            + " && exec dockerd \"$@\"";
    }

    public Task<ProgramRun> DockerAsync(params string[] arguments) => Room.RunAsync("docker", ["--host", Socket, .. arguments]);
}
