using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>Certificates that nobody trusts, for servers on loopback.</summary>
internal static class TestCertificate
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    /// <summary>Self-signed, good from yesterday to tomorrow.</summary>
    public static X509Certificate2 For(string dnsName, params IPAddress[] addresses)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={dnsName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(dnsName);
        foreach (var address in addresses)
        {
            names.AddIpAddress(address);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([ServerAuthentication], critical: false));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    /// <summary>As the proxy shows it, from no file.</summary>
    public static ServerCertificate Shown(X509Certificate2 certificate) => new("none.crt", "none.key", certificate, [], "");
}
