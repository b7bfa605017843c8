using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Ecr;

/// <summary>
/// The system's CAs and some more: for servers whose CA the system does not know, as behind a TLS-inspecting firewall.
/// </summary>
internal static class TrustedCertificates
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1"; // RFC 5280, id-kp-serverAuth

    /// <summary>Reads the certificates of a PEM file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="CryptographicException">There is no certificate in it, or a damaged one.</exception>
    public static X509Certificate2Collection Load(string pemFile)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(pemFile);
        return certificates.Count > 0
            ? certificates
            : throw new CryptographicException($"There is no certificate in {pemFile}: it has to be PEM, 'BEGIN CERTIFICATE'.");
    }

    /// <summary>What makes a TLS client trust those CAs besides the system's; null leaves all to the system.</summary>
    public static RemoteCertificateValidationCallback? Validation(X509Certificate2Collection? extra)
    {
        if (extra is not { Count: > 0 })
        {
            return null;
        }

        return (_, certificate, systemChain, errors) => errors switch
        {
            SslPolicyErrors.None => true,
            // Only an unknown CA is forgiven. A wrong name is wrong whoever signed it.
            SslPolicyErrors.RemoteCertificateChainErrors => IsSignedBy(extra, (X509Certificate2)certificate!, systemChain),
            _ => false,
        };
    }

    private static bool IsSignedBy(X509Certificate2Collection roots, X509Certificate2 certificate, X509Chain? systemChain)
    {
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(roots);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck; // as SslStream does for the system's CAs
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ServerAuthentication));
        if (systemChain is not null)
        {
            chain.ChainPolicy.ExtraStore.AddRange(systemChain.ChainPolicy.ExtraStore); // intermediates that the server sent
        }

        return chain.Build(certificate);
    }
}
