using System.Formats.Asn1;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Clients;

/// <summary>
/// Knows callers by the certificate that they showed for the connection. That it is signed by a CA that the operator trusts is
/// found out when the connection begins; that it is still good, with each request, since connections live long.
/// </summary>
/// <param name="kind">What of it is the name.</param>
/// <param name="time">The clock by which certificates end.</param>
internal sealed class CertificateCallers(CertificateName kind, TimeProvider time) : IClientWay
{
    /// <summary>What names and groups of certificates begin with: those of no issuer of tokens do.</summary>
    public const string Prefix = "cert";

    // A connection shows the same object with each request; it is read once.
    private readonly ConditionalWeakTable<X509Certificate2, Reading> _read = [];

    public ClientWay Way => ClientWay.Mtls;

    public ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel) =>
        new(proof.Certificate is { } certificate ? Recognise(certificate) : Recognition.Nothing);

    private Recognition Recognise(X509Certificate2 certificate)
    {
        var reading = _read.GetValue(certificate, Read);
        var now = time.GetUtcNow();
        return now < reading.Begin ? Recognition.Refused("a certificate that is not good yet: look at the clocks")
            : now > reading.End ? Recognition.Refused("a certificate that has expired")
            : reading.Recognition;
    }

    private Reading Read(X509Certificate2 certificate) => new(
        new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
        new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
        Identify(certificate));

    private Recognition Identify(X509Certificate2 certificate)
    {
        try
        {
            var names = CertificateNames.Of(certificate, kind);
            if (names.Count != 1)
            {
                return Recognition.Refused(names.Count == 0
                    ? $"a certificate without {Word}"
                    : $"a certificate with {names.Count} names as {Word}: nobody knows which one counts");
            }

            var groups = CertificateNames.Groups(certificate);
            return names.Concat(groups).All(CallerName.IsUsable)
                ? Recognition.Of(new Caller(Named(names[0]), ClientWay.Mtls) { Groups = [.. groups.Select(Named)] })
                : Recognition.Refused($"a certificate whose names, {Word} or groups, cannot be shown or are too long");
        }
        catch (Exception error) when (error is CryptographicException or AsnContentException)
        {
            return Recognition.Refused("a certificate whose names cannot be read");
        }
    }

    private string Word => kind switch
    {
        CertificateName.SubjectCn => "common name (CN)",
        CertificateName.SanDns => "DNS name (SAN)",
        CertificateName.SanUri => "URI (SAN)",
        _ => "mail address (SAN)",
    };

    private static string Named(string name) => $"{Prefix}{CallerName.Separator}{name}";

    /// <summary>What a certificate says, and when that is so.</summary>
    private sealed record Reading(DateTimeOffset Begin, DateTimeOffset End, Recognition Recognition);
}
