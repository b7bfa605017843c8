using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

public sealed class TrustedCertificatesTests : IDisposable
{
    private static readonly DateTimeOffset From = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(2120, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly X509Certificate2 _root = Root("CN=Company CA");
    private readonly string _file = Path.GetTempFileName();

    public void Dispose()
    {
        _root.Dispose();
        File.Delete(_file);
    }

    [Fact]
    public void NoExtraCertificates_LeaveAllToTheSystem()
    {
        Assert.Null(TrustedCertificates.Validation(null));
        Assert.Null(TrustedCertificates.Validation([]));
    }

    [Fact]
    public void ServerOfAnExtraCa_IsTrusted()
    {
        using var server = SignedBy(_root);

        Assert.True(Validate(server, SslPolicyErrors.RemoteCertificateChainErrors));
    }

    [Fact]
    public void ServerOfAnotherCa_IsNotTrusted()
    {
        using var other = Root("CN=Company CA");
        using var server = SignedBy(other);

        Assert.False(Validate(server, SslPolicyErrors.RemoteCertificateChainErrors));
    }

    [Fact]
    public void ServerOfAnExtraCaWithAnotherName_IsNotTrusted()
    {
        using var server = SignedBy(_root);

        Assert.False(Validate(
            server, SslPolicyErrors.RemoteCertificateChainErrors | SslPolicyErrors.RemoteCertificateNameMismatch));
    }

    [Fact]
    public void ServerThatTheSystemTrusts_StaysTrusted()
    {
        using var other = Root("CN=Somebody");
        using var server = SignedBy(other);

        Assert.True(Validate(server, SslPolicyErrors.None));
    }

    [Fact]
    public void FileWithTwoCertificates_GivesBoth()
    {
        using var second = Root("CN=Second");
        File.WriteAllText(_file, _root.ExportCertificatePem() + "\n" + second.ExportCertificatePem());

        var loaded = TrustedCertificates.Load(_file);

        Assert.Equal([_root.Thumbprint, second.Thumbprint], loaded.Select(certificate => certificate.Thumbprint));
    }

    [Fact]
    public void FileWithoutACertificate_IsRefusedByName()
    {
        File.WriteAllText(_file, "not a certificate");

        var error = Assert.Throws<CryptographicException>(() => TrustedCertificates.Load(_file));

        Assert.Contains(_file, error.Message, StringComparison.Ordinal);
    }

    private static X509Certificate2 Root(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(From, Until);
    }

    private static X509Certificate2 SignedBy(X509Certificate2 root)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=server", key, HashAlgorithmName.SHA256);
        return request.Create(root, From, Until, [1, 2, 3]);
    }

    private bool Validate(X509Certificate2 server, SslPolicyErrors errors) =>
        TrustedCertificates.Validation([_root])!(this, server, null, errors);
}
