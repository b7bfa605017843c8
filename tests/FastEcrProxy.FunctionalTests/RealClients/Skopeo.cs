using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>skopeo, which pulls into a directory of plain files.</summary>
internal sealed class Skopeo : ImageClient
{
    private readonly bool _tls;
    private readonly string _pulled;

    private Skopeo(Room room, bool tls)
        : base(room) => (_tls, _pulled) = (tls, room.File("pulled"));

    private string[] CertificateOptions => CertificateFolder is { } folder ? ["--src-cert-dir", folder, "--dest-cert-dir", folder] : [];

    public static Skopeo Start(string? caFile)
    {
        Tools.Need("skopeo");
        var room = new Room(isolated: false);
        if (caFile is not null)
        {
            room.Environment["SSL_CERT_FILE"] = caFile;
        }

        return new Skopeo(room, tls: caFile is not null);
    }

    public Task<ProgramRun> CopyAsync(string from, string to, params string[] options) =>
        Room.RunAsync("skopeo", ["--insecure-policy", "copy", Verify("src"), Verify("dest"), .. CertificateOptions, .. options, from, to]);

    public Task<ProgramRun> AskAsync(string verb, params string[] arguments) =>
        Room.RunAsync("skopeo", [verb, Verify(null), .. arguments]);

    public override Task<ProgramRun> LoginAsync(string host, string user, string password) =>
        Room.RunWithAsync(password, "skopeo", "login", Verify(null), "--username", user, "--password-stdin", host);

    public override Task<ProgramRun> LogoutAsync(string host) => Room.RunAsync("skopeo", "logout", host);

    public override Task<ProgramRun> PullAsync(string reference)
    {
        Directory.CreateDirectory(_pulled);
        return CopyAsync($"docker://{reference}", $"dir:{_pulled}");
    }

    public override Task<ProgramRun> PushAsync(string from, string to) => CopyAsync($"dir:{_pulled}", $"docker://{to}");

    public override async Task<bool> HoldsAsync(string reference, SampleImage image)
    {
        var platform = PlatformOf(image);
        foreach (var blob in Directory.Exists(_pulled) ? Directory.GetFiles(_pulled) : [])
        {
            if (Path.GetFileName(blob) is { Length: 64 } hex)
            {
                await AssertFileIsAsync(blob, $"sha256:{hex}");
            }
        }

        var manifest = Path.Combine(_pulled, "manifest.json");
        if (!File.Exists(manifest))
        {
            return false;
        }

        await AssertFileIsAsync(manifest, platform.Digest);
        return PartsOf(platform).Skip(1).All(digest => File.Exists(Path.Combine(_pulled, digest[7..])));
    }

    public override Task ForgetAsync()
    {
        Directory.CreateDirectory(_pulled); // a pull that failed has made none
        Directory.Delete(_pulled, recursive: true);
        return Task.CompletedTask;
    }

    private string Verify(string? side) => $"--{(side is null ? "" : side + "-")}tls-verify={(_tls ? "true" : "false")}";
}
