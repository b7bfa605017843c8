using System.Runtime.InteropServices;
using System.Security.Cryptography;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>A real client with a store of its own, and what a test wants of all of them.</summary>
internal abstract class ImageClient(Room room) : IAsyncDisposable
{
    /// <summary>The architecture that clients choose from an index here.</summary>
    public static readonly string Architecture = RuntimeInformation.OSArchitecture == System.Runtime.InteropServices.Architecture.Arm64
        ? "arm64" : "amd64";

    public Room Room { get; } = room;

    /// <summary>Whether it goes on where an earlier pull was cut off, with the bytes of then: also with wrong ones.</summary>
    public virtual bool KeepsPartialLayers => false;

    /// <summary>Whether logging in asks the registry. If not, only the next pull shows whether the credentials were right.</summary>
    public virtual bool LoginAsks => true;

    /// <summary>A folder with what it shows to registries, in files as docker names them in certs.d; null: nothing.</summary>
    public string? CertificateFolder { get; set; }

    /// <summary>Keeps user and password for a registry.</summary>
    /// <param name="host">As in references: <c>127.0.0.1:5000</c>.</param>
    /// <param name="user">Whom.</param>
    /// <param name="password">Given by the standard input, as scripts do.</param>
    public abstract Task<ProgramRun> LoginAsync(string host, string user, string password);

    /// <summary>Forgets them.</summary>
    public abstract Task<ProgramRun> LogoutAsync(string host);

    /// <summary>Pulls the image for this machine's platform.</summary>
    /// <param name="reference">As a person writes it: <c>127.0.0.1:5000/app:1</c> or <c>…/app@sha256:…</c>.</param>
    public abstract Task<ProgramRun> PullAsync(string reference);

    /// <summary>Pushes an image that was pulled.</summary>
    /// <param name="from">What it was pulled as.</param>
    /// <param name="to">What it is to be there.</param>
    public abstract Task<ProgramRun> PushAsync(string from, string to);

    /// <summary>Whether the client has the image. What it has is checked by digest: anything wrong fails the test.</summary>
    public abstract Task<bool> HoldsAsync(string reference, SampleImage image);

    /// <summary>Deletes every image, so that the next pull begins with nothing.</summary>
    public abstract Task ForgetAsync();

    /// <summary>Runs a pulled image as a container.</summary>
    public virtual Task<ProgramRun> RunAsync(string reference) => throw new NotSupportedException($"{GetType().Name} runs nothing.");

    public static SampleImage.Platform PlatformOf(SampleImage image) =>
        image.Platforms.Single(platform => platform.Architecture == Architecture);

    public ValueTask DisposeAsync() => Room.DisposeAsync();

    /// <summary>The file is what its digest says.</summary>
    public static async Task AssertFileIsAsync(string path, string digest)
    {
        using var content = File.OpenHandle(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[1 << 20];
        long offset = 0;
        while (await RandomAccess.ReadAsync(content, block, offset, TestContext.Current.CancellationToken) is > 0 and var read)
        {
            hash.AppendData(block, 0, read);
            offset += read;
        }

        Assert.Equal(digest, "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    /// <summary>Digests of all that a client needs of the image: manifest, config and layers of one platform.</summary>
    protected static IEnumerable<string> PartsOf(SampleImage.Platform platform) =>
        [platform.Digest, platform.Config.Digest, .. platform.Layers.Select(layer => layer.Digest)];
}
