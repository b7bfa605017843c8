using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Clients;

/// <summary>Reads the names in a certificate. Forms: RFC 5280, sections 4.1.2.4 and 4.2.1.6.</summary>
internal static class CertificateNames
{
    private const string CommonName = "2.5.4.3";
    private const string Organization = "2.5.4.10";
    private const string OrganizationalUnit = "2.5.4.11";
    private const string SubjectAlternativeName = "2.5.29.17";

    // The choices of GeneralName.
    private const int Email = 1;
    private const int Dns = 2;
    private const int Uri = 6;

    /// <summary>All names of that kind.</summary>
    /// <exception cref="CryptographicException">The certificate is not written as certificates are.</exception>
    /// <exception cref="AsnContentException">The same.</exception>
    public static IReadOnlyList<string> Of(X509Certificate2 certificate, CertificateName kind) => kind switch
    {
        CertificateName.SubjectCn => [.. SubjectParts(certificate, CommonName)],
        CertificateName.SanDns => [.. AlternativeNames(certificate, Dns).Select(static name => name.ToLowerInvariant())],
        CertificateName.SanUri => AlternativeNames(certificate, Uri),
        _ => AlternativeNames(certificate, Email),
    };

    /// <summary>Organization and units: <c>O=acme</c>, <c>OU=builds</c>.</summary>
    /// <exception cref="CryptographicException">The certificate is not written as certificates are.</exception>
    public static IReadOnlyList<string> Groups(X509Certificate2 certificate) =>
    [
        .. SubjectParts(certificate, Organization).Select(static name => "O=" + name),
        .. SubjectParts(certificate, OrganizationalUnit).Select(static name => "OU=" + name),
    ];

    private static IEnumerable<string> SubjectParts(X509Certificate2 certificate, string type)
    {
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            // Readers differ in what they make of several in one: that is no name to go by.
            if (part.HasMultipleElements)
            {
                throw new CryptographicException("Several attributes in one part of the subject.");
            }

            if (part.GetSingleElementType().Value == type)
            {
                yield return part.GetSingleElementValue()
                    ?? throw new CryptographicException("An attribute of the subject that is no text.");
            }
        }
    }

    private static List<string> AlternativeNames(X509Certificate2 certificate, int kind)
    {
        var names = new List<string>();
        var wanted = new Asn1Tag(TagClass.ContextSpecific, kind);
        foreach (var extension in certificate.Extensions.Where(static extension => extension.Oid?.Value == SubjectAlternativeName))
        {
            var all = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (all.HasData)
            {
                if (all.PeekTag().HasSameClassAndValue(wanted))
                {
                    names.Add(all.ReadCharacterString(UniversalTagNumber.IA5String, wanted));
                }
                else
                {
                    all.ReadEncodedValue();
                }
            }
        }

        return names;
    }
}
