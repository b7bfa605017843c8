using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.Tls;

/// <summary>A CA and what it gives out, in a directory that is removed with it. Good from yesterday to tomorrow.</summary>
internal sealed class TestAuthority : IDisposable
{
    private static readonly Oid ForServers = new("1.3.6.1.5.5.7.3.1");
    private static readonly Oid ForClients = new("1.3.6.1.5.5.7.3.2");

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fep-ca-");
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _own;
    private byte _serial = 1;

    public TestAuthority()
    {
        var request = new CertificateRequest("CN=Test CA", _key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        _own = request.CreateSelfSigned(Now.AddDays(-2), Now.AddDays(2));
        File.WriteAllText(CaFile, _own.ExportCertificatePem());
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    public string CaFile => PathOf("ca.crt");

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    /// <summary>Writes a server's certificate and key to <c>name.crt</c> and <c>name.key</c>, and reads them as the proxy does.</summary>
    public ServerCertificate WriteServer(string name, params string[] dnsNames)
    {
        using var certificate = Issue(name, ForServers, dnsNames);
        File.WriteAllText(PathOf(name + ".crt"), certificate.ExportCertificatePem());
        using var key = certificate.GetECDsaPrivateKey()!;
        File.WriteAllText(PathOf(name + ".key"), key.ExportPkcs8PrivateKeyPem());
        return ServerCertificate.Load(PathOf(name + ".crt"), PathOf(name + ".key")).Certificate!;
    }

    public X509Certificate2 ForClient(string name) => Issue(name, ForClients);

    /// <summary>What a client must not show.</summary>
    public X509Certificate2 ForServer(string name) => Issue(name, ForServers);

    public void Dispose()
    {
        _own.Dispose();
        _key.Dispose();
        _directory.Delete(recursive: true);
    }

    private X509Certificate2 Issue(string name, Oid usage, params string[] dnsNames)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([usage], critical: false));
        if (dnsNames.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            Array.ForEach(dnsNames, names.AddDnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.Create(_own, Now.AddDays(-1), Now.AddDays(1), [_serial++]);
        return certificate.CopyWithPrivateKey(key);
    }
}
