using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json;

namespace FastEcrProxy.LocalEcr;

/// <summary>Pulls one platform of an image from any registry as a container engine does, and verifies every digest.</summary>
public sealed class ImagePull : IDisposable
{
    private const string AcceptedTypes =
        "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, "
        + "application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.docker.distribution.manifest.v2+json";

    private readonly HttpMessageInvoker _http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false });

    /// <summary>Yields each thing as it arrives, in the order in which an engine asks.</summary>
    /// <param name="repository">The repository's address: <c>http://host:port/v2/name</c>.</param>
    /// <param name="tag">Of an index.</param>
    /// <param name="architecture">Which platform, as the index calls it.</param>
    /// <param name="cancel">Ends the pull.</param>
    /// <exception cref="InvalidDataException">Something that came is not what its digest names.</exception>
    /// <exception cref="HttpRequestException">The registry refuses or cannot be reached.</exception>
    public async IAsyncEnumerable<PulledPart> RunAsync(
        string repository, string tag, string architecture, [EnumeratorCancellation] CancellationToken cancel)
    {
        var index = await GetAsync($"{repository}/manifests/{tag}", $"tag {tag}", null, cancel);
        yield return index;

        var digest = PlatformIn(index.Bytes, architecture);
        var manifest = await GetAsync($"{repository}/manifests/{digest}", $"manifest for {architecture}", digest, cancel);
        yield return manifest;

        foreach (var (name, blob) in BlobsIn(manifest.Bytes))
        {
            yield return await GetAsync($"{repository}/blobs/{blob}", name, blob, cancel);
        }
    }

    public void Dispose() => _http.Dispose();

    private async Task<PulledPart> GetAsync(string address, string name, string? digest, CancellationToken cancel)
    {
        var started = Stopwatch.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.TryAddWithoutValidation("Accept", AcceptedTypes);
        using var answer = await _http.SendAsync(request, cancel);
        var bytes = await answer.Content.ReadAsByteArrayAsync(cancel);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{address}: {(int)answer.StatusCode} {System.Text.Encoding.UTF8.GetString(bytes)}");
        }

        digest ??= answer.Headers.GetValues("Docker-Content-Digest").Single();
        return digest == "sha256:" + Convert.ToHexStringLower(SHA256.HashData(bytes))
            ? new PulledPart(name, digest, bytes, Stopwatch.GetElapsedTime(started))
            : throw new InvalidDataException($"{address}: the bytes are not {digest}.");
    }

    private static string PlatformIn(byte[] index, string architecture)
    {
        using var json = JsonDocument.Parse(index);
        return json.RootElement.GetProperty("manifests").EnumerateArray()
            .First(entry => entry.GetProperty("platform").GetProperty("architecture").GetString() == architecture)
            .GetProperty("digest").GetString()!;
    }

    private static List<(string Name, string Digest)> BlobsIn(byte[] manifest)
    {
        using var json = JsonDocument.Parse(manifest);
        var blobs = new List<(string, string)> { ("config", json.RootElement.GetProperty("config").GetProperty("digest").GetString()!) };
        foreach (var layer in json.RootElement.GetProperty("layers").EnumerateArray())
        {
            blobs.Add(($"layer {blobs.Count}", layer.GetProperty("digest").GetString()!));
        }

        return blobs;
    }
}

/// <summary>One thing that a pull asked for and got.</summary>
/// <param name="Name">What it is, for people.</param>
/// <param name="Digest">What it had to be, and is.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="Time">From the request to the last byte.</param>
public sealed record PulledPart(string Name, string Digest, byte[] Bytes, TimeSpan Time);
