using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FastEcrProxy.Server;

/// <summary>
/// Fills the cache of a running proxy by pulling from it, as a client does, and throwing the bytes away when they are verified.
/// What the proxy says it has is not pulled again: it was verified when it was stored.
/// </summary>
internal sealed class WarmThroughProxy : IWarmTarget
{
    private const int BufferBytes = 256 << 10;

    // The proxy asks upstream first, twice if need be, and that may take as long as its own time-outs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly UpstreamOptions _options;
    private readonly IRegistryAuth _auth;
    private readonly Connections _connections;
    private readonly TimeProvider _time;
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ProxyMetrics _metrics;
    private readonly ConcurrentDictionary<string, RegistryClient> _clients = new();

    private WarmThroughProxy(UpstreamOptions options, TimeProvider time)
    {
        (_options, _time) = (options, time);
        _auth = options.Auth.Kind is RegistryAuthKind.Basic
            ? new BasicAuth(options.Auth.User!, new PasswordSource(options.Auth, time))
            : NoAuth.Instance;
        _connections = new Connections(options);
        _metrics = new ProxyMetrics(_services.GetRequiredService<IMeterFactory>());
    }

    /// <param name="address">Of the proxy: <c>http://127.0.0.1:5000</c>, user and password in front of the host if it wants them.</param>
    /// <param name="passwordFile">A file with the password, so that it is on no command line; null for none.</param>
    /// <param name="ns">What the proxy is told as containerd's <c>ns</c>; null: nothing.</param>
    /// <param name="certificates">Trusted besides the system's CAs; null for none.</param>
    /// <param name="time">The clock of all time-outs and pauses.</param>
    /// <returns>The proxy, or one sentence on what is wrong with the address or the password.</returns>
    public static (WarmThroughProxy? Proxy, string? Problem) Create(
        string address, string? passwordFile, string? ns, X509Certificate2Collection? certificates, TimeProvider time)
    {
        var text = address.Contains("://", StringComparison.Ordinal) ? address : $"{Uri.UriSchemeHttp}://{address}";
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri)
            || (uri.Scheme != Uri.UriSchemeHttp && uri.Scheme != Uri.UriSchemeHttps)
            || uri is not { Host.Length: > 0, PathAndQuery: "/", Fragment: "" })
        {
            return (null, "--proxy is not the address of a server; write http://127.0.0.1:5000 or https://registry.example.com.");
        }

        var (auth, problem) = AuthOf(uri.UserInfo, passwordFile, time);
        if (auth is null)
        {
            return (null, problem);
        }

        var options = new UpstreamOptions
        {
            Endpoint = new Uri(uri.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped)),
            Auth = auth,
            ExtraCertificates = certificates,
            Namespace = ns,
            TakesNothingStale = true,
            FirstByteTimeout = Patience,
            IdleTimeout = Patience,
        };
        return (new WarmThroughProxy(options, time), null);
    }

    public ValueTask<Fetched<StoredManifest>> GetManifestAsync(ImageName image, Reference reference, CancellationToken cancel) =>
        ClientFor(image).GetManifestAsync(image.Repository, reference, MediaTypes.Manifests, cancel);

    public async ValueTask<bool> HasAsync(ImageName image, Descriptor blob, CancellationToken cancel) =>
        await ClientFor(image).HeadCachedBlobAsync(image.Repository, blob.Digest, cancel) is { } head
        && head.Length == (blob.Size ?? head.Length);

    public async ValueTask<Fetched<WarmedBlob>> FetchAsync(
        ImageName image, Descriptor blob, Action<long> arrived, CancellationToken cancel)
    {
        var source = ClientFor(image).BlobsOf(image.Repository, blob.Digest);
        OpenBlob open = async (offset, end, stop) => LastWord(await source.OpenAsync(offset, end, stop));
        var (body, failure) = await ResumingBody.OpenAsync(open, 0, _time, _metrics, cancel);
        if (body is null)
        {
            return failure!;
        }

        using (body)
        {
            if (WarmedLength.Problem(blob, body.TotalBytes) is { } problem)
            {
                return problem;
            }

            using var hash = blob.Digest.NewHash();
            using var buffer = MemoryPool<byte>.Shared.Rent(BufferBytes);
            while (await body.ReadAsync(buffer.Memory, cancel) is > 0 and var read)
            {
                hash.AppendData(buffer.Memory.Span[..read]);
                arrived(read);
            }

            if (body.Failure is { } cut)
            {
                return cut;
            }

            return blob.Digest.Matches(hash.GetHashAndReset())
                ? new WarmedBlob(body.TotalBytes, body.TotalBytes)
                : new FetchFailure(
                    FetchError.DigestMismatch,
                    $"{_options.Endpoint!.Authority} sends bytes for {blob.Digest} that are not it: its copy is damaged; delete the file "
                    + $"blobs/{blob.Digest.Algorithm}/{blob.Digest.Hex[..2]}/{blob.Digest.Hex} in its cache.");
        }
    }

    public ValueTask DisposeAsync()
    {
        _connections.Dispose();
        _services.Dispose();
        return ValueTask.CompletedTask;
    }

    private static (RegistryAuthOptions? Auth, string? Problem) AuthOf(string userInfo, string? passwordFile, TimeProvider time)
    {
        var parts = userInfo.Split(':', 2);
        var auth = new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = Uri.UnescapeDataString(parts[0]) };
        if (passwordFile is null)
        {
            return userInfo.Length == 0
                ? (RegistryAuthOptions.None, null)
                : (auth with { Password = Uri.UnescapeDataString(parts.Length > 1 ? parts[1] : "") }, null);
        }

        if (parts[0].Length == 0 || parts.Length > 1)
        {
            return (null, parts.Length > 1
                ? "--password-file and a password in --proxy exclude each other."
                : "--password-file needs a user in --proxy; write https://user@registry.example.com.");
        }

        auth = auth with { PasswordFile = passwordFile };
        return new PasswordSource(auth, time).Read(anew: true).Problem is { } problem
            ? (null, $"--password-file: {problem}.")
            : (auth, null);
    }

    /// <summary>
    /// What the proxy itself calls 502 (wrong bytes, a redirect that is not allowed) will be no better for being asked again; a
    /// load balancer's 502 may be.
    /// </summary>
    private static Fetched<BlobBody> LastWord(Fetched<BlobBody> opened) =>
        opened.Failure is { Status: 502, Code: not null } failure ? failure with { Error = FetchError.BadAnswer } : opened;

    /// <summary>One for each name that images have for the registry: the proxy may have rules by host.</summary>
    private RegistryClient ClientFor(ImageName image) => _clients.GetOrAdd(image.Host ?? "", host => new RegistryClient(
        _options with { CalledAs = host.Length == 0 ? null : host }, _connections, _auth, _metrics, _time,
        NullLogger<RegistryClient>.Instance));
}
