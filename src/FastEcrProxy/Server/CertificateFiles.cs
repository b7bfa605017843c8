using System.Security.Cryptography;
using System.Text;

namespace FastEcrProxy.Server;

/// <summary>
/// The content of a pair of PEM files at one moment, to see whether it is another than before. What counts is the content:
/// Kubernetes swaps a link above the files, and neither their names nor anything that can be watched there changes.
/// </summary>
/// <param name="CertificateFile">The path.</param>
/// <param name="KeyFile">The path of the key.</param>
/// <param name="Certificate">What is in it, or why it cannot be read.</param>
/// <param name="Key">The same of the key. A secret.</param>
internal sealed record CertificateFiles(
    string CertificateFile, string KeyFile, (string? Text, string? Problem) Certificate, (string? Text, string? Problem) Key)
{
    /// <summary>Another one when anything in either file is, or when one cannot be read any more.</summary>
    public string Fingerprint { get; } = FingerprintOf(Certificate.Text, Certificate.Problem, Key.Text, Key.Problem);

    public static CertificateFiles Read(string certificateFile, string keyFile) =>
        new(certificateFile, keyFile, TextFile.Read(certificateFile), TextFile.Read(keyFile));

    /// <summary>Tells texts apart, and says nothing of what is in them.</summary>
    public static string FingerprintOf(params ReadOnlySpan<string?> texts)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var text in texts)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(text ?? ""));
            hash.AppendData([text is null ? (byte)0 : (byte)1, 0]);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Without the texts.</summary>
    public override string ToString() => $"{CertificateFile}, {KeyFile}";
}
