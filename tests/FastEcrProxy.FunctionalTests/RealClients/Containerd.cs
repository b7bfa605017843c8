using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>containerd, asked by ctr.</summary>
internal sealed class Containerd : ImageClient
{
    private readonly bool _tls;
    private string[] _credentials = [];

    private Containerd(Room room, bool tls)
        : base(room) => _tls = tls;

    public override bool KeepsPartialLayers => true;

    public override bool LoginAsks => false;

    private string Socket => Room.File("c.sock");

    private string Blobs => Room.File("root/io.containerd.content.v1.content/blobs/sha256");

    public static async Task<Containerd> StartAsync(string? caFile)
    {
        Tools.Need("containerd", "ctr", "runc");
        Tools.NeedNamespaces();
        var room = new Room(isolated: true);
        if (caFile is not null)
        {
            room.Environment["SSL_CERT_FILE"] = caFile; // ctr, not the daemon, speaks with registries
        }

        var client = new Containerd(room, tls: caFile is not null);
        var config = room.File(
            "config.toml",
            $"""
            version = 2
            root = "{room.Folder("root")}"
            state = "{room.Folder("state")}"
            disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.internal.v1.opt"]
            [grpc]
              address = "{client.Socket}"
            [ttrpc]
              address = "{client.Socket}.ttrpc"
            """);
        var log = room.Start("containerd", "--config", config);
        try
        {
            await log.UntilReadyAsync(() => log.Log.Any(line => line.Contains("successfully booted", StringComparison.Ordinal)));
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Pulls by way of the hosts.toml files of a directory.</summary>
    public Task<ProgramRun> PullByHostsAsync(string hostsDirectory, string reference) =>
        CtrAsync(["images", "pull", .. _credentials, "--hosts-dir", hostsDirectory, "--snapshotter", "native", reference]);

    /// <summary>ctr keeps nothing: it is told with each pull and push.</summary>
    public override Task<ProgramRun> LoginAsync(string host, string user, string password)
    {
        _credentials = ["--user", $"{user}:{password}"];
        return Task.FromResult(new ProgramRun("(ctr has no login)", 0, "", ""));
    }

    public override Task<ProgramRun> LogoutAsync(string host)
    {
        _credentials = [];
        return Task.FromResult(new ProgramRun("(ctr has no logout)", 0, "", ""));
    }

    public override Task<ProgramRun> PullAsync(string reference)
    {
        if (!_tls)
        {
            return CtrAsync(["images", "pull", .. _credentials, "--plain-http", "--snapshotter", "native", reference]);
        }

        WriteHosts(reference);
        return PullByHostsAsync(Room.File("hosts"), reference);
    }

    /// <summary>The manifest of this machine's platform: of an index it has no more than that.</summary>
    public override async Task<ProgramRun> PushAsync(string from, string to)
    {
        (await CtrAsync("images", "tag", from, to)).MustSucceed();
        WriteHosts(to);
        string[] way = _tls ? ["--hosts-dir", Room.File("hosts")] : ["--plain-http"];
        return await CtrAsync(["images", "push", .. _credentials, .. way, "--platform", $"linux/{Architecture}", to]);
    }

    public override async Task<bool> HoldsAsync(string reference, SampleImage image)
    {
        foreach (var blob in Directory.Exists(Blobs) ? Directory.GetFiles(Blobs) : [])
        {
            try
            {
                await AssertFileIsAsync(blob, "sha256:" + Path.GetFileName(blob));
            }
            catch (FileNotFoundException)
            {
                // Left by a pull that failed: containerd collects it at a moment of its own, as between the list and this.
            }
        }

        var listed = (await CtrAsync("images", "list", $"name=={reference}")).MustSucceed();
        if (!listed.Output.Contains(reference, StringComparison.Ordinal))
        {
            return false;
        }

        Assert.Contains(image.Digest, listed.Output, StringComparison.Ordinal);
        return PartsOf(PlatformOf(image)).All(digest => File.Exists(Path.Combine(Blobs, digest[7..])));
    }

    public override async Task ForgetAsync()
    {
        var names = (await CtrAsync("images", "list", "--quiet")).MustSucceed().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        (await CtrAsync(["images", "remove", "--sync", .. names])).MustSucceed();
        Assert.Empty(Directory.GetFiles(Blobs)); // else the next pull would not ask for what is left
    }

    public override Task<ProgramRun> RunAsync(string reference) =>
        CtrAsync("run", "--rm", "--snapshotter", "native", reference, "hello");

    /// <summary>Left alone, it speaks plain HTTP to loopback.</summary>
    private void WriteHosts(string reference)
    {
        var host = reference[..reference.IndexOf('/', StringComparison.Ordinal)];
        var client = CertificateFolder is { } folder ? $"client = [[\"{folder}/client.cert\", \"{folder}/client.key\"]]" : "";
        Room.File(
            $"hosts/{host}/hosts.toml",
            $"""
            [host."https://{host}"]
              capabilities = ["pull", "resolve", "push"]
              {client}
            """);
    }

    private Task<ProgramRun> CtrAsync(params string[] arguments) => Room.RunAsync("ctr", ["--address", Socket, .. arguments]);
}
