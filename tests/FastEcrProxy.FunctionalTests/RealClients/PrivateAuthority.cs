using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>A company's own CA: its certificate in a file, and a server certificate for loopback, and clients'.</summary>
internal sealed class PrivateAuthority : IAsyncDisposable
{
    private static readonly Oid ForClients = new("1.3.6.1.5.5.7.3.2");
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch.AddYears(40);
    private static readonly DateTimeOffset Until = DateTimeOffset.UnixEpoch.AddYears(120);

    private readonly string _directory = Directory.CreateTempSubdirectory("fep-").FullName;
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _own;

    public PrivateAuthority()
    {
        CaFile = Path.Combine(_directory, "ca.pem");
        var caRequest = new CertificateRequest("CN=Test CA", _key, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        caRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _own = caRequest.CreateSelfSigned(From, Until);
        File.WriteAllText(CaFile, _own.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=registry.example.com", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        names.AddDnsName(DockerEngine.LoopbackName);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(_own, From, Until, [1, 2, 3, 4]);
        (CertificateFile, KeyFile) = (Path.Combine(_directory, "server.pem"), Path.Combine(_directory, "server.key"));
        File.WriteAllText(CertificateFile, leaf.ExportCertificatePem());
        File.WriteAllText(KeyFile, key.ExportPkcs8PrivateKeyPem());
        Certificate = ServerCertificate.Load(CertificateFile, KeyFile).Certificate!;
    }

    public string CaFile { get; }

    public string CertificateFile { get; }

    public string KeyFile { get; }

    /// <summary>For 127.0.0.1.</summary>
    public ServerCertificate Certificate { get; }

    /// <summary>The CA and what a client has to show, in a folder with files as docker names them.</summary>
    /// <param name="client">Its common name; null: it has nothing to show.</param>
    public string FolderFor(string? client)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_directory, client ?? "nobody")).FullName;
        File.Copy(CaFile, Path.Combine(folder, "ca.crt"), overwrite: true);
        if (client is not null)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={client}", key, HashAlgorithmName.SHA256);
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ForClients], critical: false));
            using var certificate = request.Create(_own, From, Until, [5, 6, 7, 8]);
            File.WriteAllText(Path.Combine(folder, "client.cert"), certificate.ExportCertificatePem());
            File.WriteAllText(Path.Combine(folder, "client.key"), key.ExportPkcs8PrivateKeyPem());
        }

        return folder;
    }

    public ValueTask DisposeAsync()
    {
        _own.Dispose();
        _key.Dispose();
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
