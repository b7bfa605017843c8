using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.LoadBench.Servers;

/// <summary>A CA of our own and a certificate for loopback, as PEM files.</summary>
internal sealed record Certificates(string CaFile, string CertificateFile, string KeyFile)
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(30);

    public static Certificates Make(string folder)
    {
        Directory.CreateDirectory(folder);
        var files = new Certificates(File("ca.pem"), File("server.pem"), File("server.key"));
        var from = TimeProvider.System.GetUtcNow().AddHours(-1);
        using var caKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var caRequest = new CertificateRequest("CN=LoadBench CA", caKey, HashAlgorithmName.SHA256);
        caRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        caRequest.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var ca = caRequest.CreateSelfSigned(from, from + Lifetime);
        System.IO.File.WriteAllText(files.CaFile, ca.ExportCertificatePem());

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var server = request.Create(ca, from, from + Lifetime, RandomNumberGenerator.GetBytes(8));
        System.IO.File.WriteAllText(files.CertificateFile, server.ExportCertificatePem());
        System.IO.File.WriteAllText(files.KeyFile, key.ExportPkcs8PrivateKeyPem());
        return files;

        string File(string name) => Path.Combine(folder, name);
    }
}
