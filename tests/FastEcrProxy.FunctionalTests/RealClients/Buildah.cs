using System.Security.Cryptography;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>buildah, on a store of its own. It makes images, which no other client here does.</summary>
internal sealed class Buildah : IAsyncDisposable
{
    private Buildah(Room room) => Room = room;

    public Room Room { get; }

    public static Buildah Start()
    {
        Tools.Need("buildah");
        Tools.NeedNamespaces();
        var room = new Room(isolated: true);
        room.Environment["CONTAINERS_STORAGE_CONF"] = room.File(
            "storage.conf",
            $"""
            [storage]
            driver = "vfs"
            graphroot = "{room.Folder("root")}"
            runroot = "{room.Folder("run")}"
            """);
        room.Environment["CONTAINERS_REGISTRIES_CONF"] = room.File("registries.conf", "");
        return new Buildah(room);
    }

    /// <summary>Makes an image with one layer of bytes that do not compress.</summary>
    public Task<ProgramRun> BuildAsync(string name, int layerBytes)
    {
        File.WriteAllBytes(Path.Combine(Room.Folder("context"), "content"), RandomNumberGenerator.GetBytes(layerBytes));
        var file = Room.File("Containerfile", "FROM scratch\nCOPY content /content\n");
        return BuildahAsync(
            "build", "--signature-policy", Policy(), "--isolation", "chroot", "--file", file, "--tag", name, Room.Folder("context"));
    }

    public Task<ProgramRun> PushAsync(string from, string to) =>
        BuildahAsync("push", "--signature-policy", Policy(), "--tls-verify=false", from, $"docker://{to}");

    public Task<ProgramRun> PullAsync(string reference) =>
        BuildahAsync("pull", "--signature-policy", Policy(), "--tls-verify=false", reference);

    public Task<ProgramRun> ForgetAsync() => BuildahAsync("rmi", "--all", "--force");

    public ValueTask DisposeAsync() => Room.DisposeAsync();

    private Task<ProgramRun> BuildahAsync(params string[] arguments) => Room.RunAsync("buildah", arguments);

    private string Policy() => Room.File("policy.json", """{"default": [{"type": "insecureAcceptAnything"}]}""");
}
