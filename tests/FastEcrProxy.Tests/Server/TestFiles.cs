using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Tests.Server;

/// <summary>A directory for one test, removed after it, with the files that settings name.</summary>
internal sealed class TestFiles : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fep-settings-");

    public string PathOf(string name) => Path.Combine(_directory.FullName, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    /// <summary>A certificate and its key, each in a file of its own.</summary>
    /// <param name="name">Whose it is, and what the files are called.</param>
    /// <param name="expires">Ninety days after its beginning.</param>
    /// <param name="dnsNames">The names that it is for.</param>
    public (string Certificate, string Key) WriteCertificate(string name, DateTimeOffset expires, params string[] dnsNames)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        if (dnsNames.Length > 0)
        {
            var names = new SubjectAlternativeNameBuilder();
            Array.ForEach(dnsNames, names.AddDnsName);
            request.CertificateExtensions.Add(names.Build());
        }

        using var certificate = request.CreateSelfSigned(expires - TimeSpan.FromDays(90), expires);
        return (
            Write(name + ".crt", certificate.ExportCertificatePem()),
            Write(name + ".key", key.ExportPkcs8PrivateKeyPem()));
    }

    public void Dispose() => _directory.Delete(recursive: true);
}
