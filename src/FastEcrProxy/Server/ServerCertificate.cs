using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Server;

/// <summary>A certificate that the clients' port shows, with its key and the intermediate certificates.</summary>
/// <param name="CertificateFile">Where it was read from, to name it to people and to read it anew.</param>
/// <param name="KeyFile">The same of its key.</param>
/// <param name="Leaf">The first certificate of the file, with its key.</param>
/// <param name="Chain">What stood after it.</param>
/// <param name="Fingerprint">Of the content of both files.</param>
internal sealed record ServerCertificate(
    string CertificateFile, string KeyFile, X509Certificate2 Leaf, X509Certificate2Collection Chain, string Fingerprint)
{
    /// <summary>The names that it is for, as they stand in it: <c>registry.example.com</c>, <c>*.example.com</c>.</summary>
    public IEnumerable<string> Names =>
        Leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(static names => names.EnumerateDnsNames());

    public DateTimeOffset Expires => new(Leaf.NotAfter.ToUniversalTime());

    /// <summary>Reads a pair of PEM files.</summary>
    /// <returns>The certificate, or what is wrong with either file; a key of another certificate is the key's fault.</returns>
    public static (ServerCertificate? Certificate, string? CertificateProblem, string? KeyProblem) Load(
        string certificateFile, string keyFile) => Load(CertificateFiles.Read(certificateFile, keyFile));

    /// <inheritdoc cref="Load(string, string)"/>
    /// <param name="files">Read already.</param>
    public static (ServerCertificate? Certificate, string? CertificateProblem, string? KeyProblem) Load(CertificateFiles files)
    {
        var ((certificatePem, certificateProblem), (keyPem, keyProblem)) = (files.Certificate, files.Key);
        var chain = new X509Certificate2Collection();
        if (certificatePem is not null)
        {
            certificateProblem = ProblemOf(chain, certificatePem);
        }

        if (certificateProblem is not null || keyPem is null)
        {
            return (null, certificateProblem, keyProblem);
        }

        try
        {
            var leaf = X509Certificate2.CreateFromPem(certificatePem, keyPem);
            chain.RemoveAt(0);
            return (new ServerCertificate(files.CertificateFile, files.KeyFile, leaf, chain, files.Fingerprint), null, null);
        }
        catch (Exception error) when (error is CryptographicException or ArgumentException)
        {
            return (null, null, KeyProblemOf(keyPem));
        }
    }

    private static string? ProblemOf(X509Certificate2Collection chain, string pem)
    {
        try
        {
            chain.ImportFromPem(pem);
            return chain.Count > 0 ? null : "there is no certificate in it; it has to be PEM, beginning with BEGIN CERTIFICATE";
        }
        catch (CryptographicException)
        {
            return "the certificate in it is damaged; it has to be PEM, beginning with BEGIN CERTIFICATE";
        }
    }

    private static string KeyProblemOf(string pem) => pem switch
    {
        _ when pem.Contains("ENCRYPTED", StringComparison.Ordinal) => "the key is encrypted; write it without a pass phrase",
        _ when pem.Contains("PRIVATE KEY-----", StringComparison.Ordinal) => "not the key of that certificate",
        _ => "there is no private key in it; it has to be PEM, beginning with BEGIN PRIVATE KEY",
    };
}
