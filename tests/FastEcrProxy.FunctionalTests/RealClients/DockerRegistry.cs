using System.Text.RegularExpressions;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Debian's docker-registry: it sends blobs itself, without a redirect, and asks for no token unless it is told to.</summary>
internal sealed partial class DockerRegistry : IAsyncDisposable
{
    private readonly RunningServer _server;

    private DockerRegistry(Room room, RunningServer server) => (Room, _server) = (room, server);

    public Room Room { get; }

    /// <summary>Host and port.</summary>
    public string Authority { get; private set; } = "";

    /// <param name="auth">The part of its configuration that says whom it lets in, made of its room; null: everybody.</param>
    public static async Task<DockerRegistry> StartAsync(Func<Room, string>? auth = null)
    {
        Tools.Need("docker-registry");
        var room = new Room(isolated: false);
        var config = room.File(
            "config.yml",
            $$"""
            version: 0.1
            log: { accesslog: { disabled: false }, level: info, formatter: text }
            storage: { filesystem: { rootdirectory: {{room.Folder("registry")}} } }
            http: { addr: "127.0.0.1:0" }
            {{auth?.Invoke(room)}}
            """);
        var registry = new DockerRegistry(room, room.Start("docker-registry", "serve", config));
        try
        {
            await registry._server.UntilReadyAsync(registry.IsListening);
            return registry;
        }
        catch
        {
            await registry.DisposeAsync();
            throw;
        }
    }

    /// <summary>GETs of blobs so far, whole and ranged.</summary>
    public int BlobGets(string digest) => _server.Log.Count(line => line.Contains($"blobs/{digest} HTTP", StringComparison.Ordinal)
        && line.Contains("\"GET /v2/", StringComparison.Ordinal));

    /// <summary>Pushes all platforms of an image as they are.</summary>
    /// <param name="skopeo">Does the work.</param>
    /// <param name="image">What is pushed.</param>
    /// <param name="name">Repository and tag.</param>
    /// <param name="options">More for skopeo, as the registry's password.</param>
    public async Task FillAsync(Skopeo skopeo, SampleImage image, string name, params string[] options)
    {
        var folder = skopeo.Room.Folder("exported");
        Write("version", "Directory Transport Version: 1.1\n"u8.ToArray());
        Write("manifest.json", image.Index);
        foreach (var platform in image.Platforms)
        {
            Write(platform.Digest[7..] + ".manifest.json", platform.Manifest);
        }

        foreach (var blob in image.Blobs)
        {
            var bytes = new byte[blob.Length];
            blob.Read(0, bytes);
            Write(blob.Digest[7..], bytes);
        }

        var copy = await skopeo.CopyAsync(
            $"dir:{folder}", $"docker://{Authority}/{name}", ["--all", "--preserve-digests", .. options]);
        copy.MustSucceed();

        void Write(string name, ReadOnlyMemory<byte> bytes) => File.WriteAllBytes(Path.Combine(folder, name), bytes.Span);
    }

    public Task KillAsync() => _server.KillAsync();

    public ValueTask DisposeAsync() => Room.DisposeAsync();

    private bool IsListening()
    {
        var listening = _server.Log.Select(line => Listening().Match(line)).FirstOrDefault(match => match.Success);
        Authority = listening?.Groups["address"].Value ?? "";
        return listening is not null;
    }

    [GeneratedRegex(@"listening on (?<address>127\.0\.0\.1:\d+)")]
    private static partial Regex Listening();
}
