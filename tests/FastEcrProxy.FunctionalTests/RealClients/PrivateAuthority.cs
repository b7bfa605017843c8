using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>A company's own CA: its certificate in a file, and a server certificate for loopback.</summary>
internal sealed class PrivateAuthority : IAsyncDisposable
{
    private static readonly DateTimeOffset From = DateTimeOffset.UnixEpoch.AddYears(40);
    private static readonly DateTimeOffset Until = DateTimeOffset.UnixEpoch.AddYears(120);

    private readonly string _directory = Directory.CreateTempSubdirectory("fep-").FullName;

    public PrivateAuthority()
    {
        CaFile = Path.Combine(_directory, "ca.pem");
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=Test CA", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        caRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var ca = caRequest.CreateSelfSigned(From, Until);
        File.WriteAllText(CaFile, ca.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=registry.example.com", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(ca, From, Until, [1, 2, 3, 4]);
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

    public ValueTask DisposeAsync()
    {
        Directory.Delete(_directory, recursive: true);
        return ValueTask.CompletedTask;
    }
}
