using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Server;

/// <summary>The CAs whose certificates clients may show: these and no others, whatever the system trusts.</summary>
/// <param name="File">Where they were read from.</param>
/// <param name="Roots">All certificates of the file.</param>
/// <param name="Fingerprint">Of its content.</param>
internal sealed record ClientAuthority(string File, X509Certificate2Collection Roots, string Fingerprint)
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2"; // RFC 5280, id-kp-clientAuth

    /// <summary>Reads a PEM file.</summary>
    /// <returns>The CAs, or what is wrong with the file; and what its content was then.</returns>
    public static (ClientAuthority? Authority, string? Problem, string Fingerprint) Load(string file)
    {
        var (pem, problem) = TextFile.Read(file);
        var fingerprint = CertificateFiles.FingerprintOf(pem, problem);
        if (pem is null)
        {
            return (null, problem, fingerprint);
        }

        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            // as if there were none
        }

        return roots.Count > 0
            ? (new ClientAuthority(file, roots, fingerprint), null, fingerprint)
            : (null, "there is no whole certificate in it; it has to be PEM, beginning with BEGIN CERTIFICATE", fingerprint);
    }

    /// <summary>
    /// How a client's certificate is checked: up to one of these CAs, and made for clients. Nothing is downloaded, revocation
    /// lists neither: who has to shut one client out gives certificates that live for hours, or changes the CA.
    /// </summary>
    public X509ChainPolicy ChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(Roots);
        policy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        return policy;
    }
}
