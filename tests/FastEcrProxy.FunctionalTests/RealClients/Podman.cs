using System.Text.Json;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>podman, without a daemon, on a store of its own.</summary>
internal sealed class Podman : ImageClient
{
    private readonly bool _tls;

    private Podman(Room room, bool tls)
        : base(room) => _tls = tls;

    private string[] CertificateOptions => CertificateFolder is { } folder ? ["--cert-dir", folder] : [];

    private string Verify => $"--tls-verify={(_tls ? "true" : "false")}";

    /// <param name="caFile">Pulls by HTTPS and trusts these CAs; null: plain HTTP.</param>
    /// <param name="registries">Its registries.conf.</param>
    public static Podman Start(string? caFile, string registries = "")
    {
        Tools.Need("podman", "runc");
        Tools.NeedNamespaces();
        var room = new Room(isolated: true);
        room.Environment["CONTAINERS_CONF"] = room.File(
            "containers.conf",
            $"""
            [containers]
            default_ulimits = ["nofile=512:512", "nproc=512:512"]
            [engine]
            runtime = "runc"
            cgroup_manager = "cgroupfs"
            events_logger = "none"
            lock_type = "file"
            tmp_dir = "{room.Folder("libpod")}"
            volume_path = "{room.Folder("volumes")}"
            [network]
            network_config_dir = "{room.Folder("networks")}"
            """);
        room.Environment["CONTAINERS_STORAGE_CONF"] = room.File(
            "storage.conf",
            $"""
            [storage]
            driver = "vfs"
            graphroot = "{room.Folder("root")}"
            runroot = "{room.Folder("run")}"
            """);
        room.Environment["CONTAINERS_REGISTRIES_CONF"] = room.File("registries.conf", registries);
        if (caFile is not null)
        {
            room.Environment["SSL_CERT_FILE"] = caFile;
        }

        return new Podman(room, tls: caFile is not null);
    }

    /// <summary>Pulls as registries.conf says, nothing else being told.</summary>
    public Task<ProgramRun> PullAsConfiguredAsync(string reference) => PodmanAsync(["pull", "--signature-policy", Policy(), reference]);

    public override Task<ProgramRun> LoginAsync(string host, string user, string password) =>
        Room.RunWithAsync(password, "podman", "login", Verify, "--username", user, "--password-stdin", host);

    public override Task<ProgramRun> LogoutAsync(string host) => PodmanAsync("logout", host);

    public override Task<ProgramRun> PullAsync(string reference) =>
        PodmanAsync(["pull", "--signature-policy", Policy(), Verify, .. CertificateOptions, reference]);

    public override Task<ProgramRun> PushAsync(string from, string to) =>
        PodmanAsync(["push", "--signature-policy", Policy(), Verify, .. CertificateOptions, from, $"docker://{to}"]);

    public override async Task<bool> HoldsAsync(string reference, SampleImage image)
    {
        var inspected = await PodmanAsync("image", "inspect", "--format", "{{.Id}} {{json .RepoDigests}}", reference);
        if (!inspected.Succeeded)
        {
            Assert.Contains("image not known", inspected.All, StringComparison.Ordinal);
            return false;
        }

        var (id, digests) = (inspected.Output.Split(' ')[0], inspected.Output.Split(' ')[1]);
        Assert.Equal(PlatformOf(image).Config.Digest, "sha256:" + id);
        Assert.Contains(JsonSerializer.Deserialize<string[]>(digests)!, name => name.EndsWith('@' + image.Digest));
        return true;
    }

    public override async Task ForgetAsync() => (await PodmanAsync("rmi", "--all", "--force")).MustSucceed();

    public override Task<ProgramRun> RunAsync(string reference) => PodmanAsync("run", "--rm", "--network=none", reference);

    private Task<ProgramRun> PodmanAsync(params string[] arguments) => Room.RunAsync("podman", arguments);

    private string Policy() => Room.File("policy.json", """{"default": [{"type": "insecureAcceptAnything"}]}""");
}
