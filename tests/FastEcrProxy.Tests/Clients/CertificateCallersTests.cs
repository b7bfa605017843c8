using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Clients;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

/// <summary>Who is known by which certificate. Chains are looked at where the connection begins, not here.</summary>
public sealed class CertificateCallersTests
{
    private static readonly DateTimeOffset Begin = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly FakeTimeProvider _time = new(Begin);

    [Fact]
    public void NoCertificate_IsNothing() =>
        Assert.Equal(Recognition.Nothing, Recognise(null, CertificateName.SubjectCn));

    [Theory]
    [InlineData("CN=puller", "cert:puller", "")]
    [InlineData("CN=Build Server 7,OU=builds,OU=web,O=acme,C=DE", "cert:Build Server 7", "cert:O=acme cert:OU=builds cert:OU=web")]
    [InlineData("CN=Jürgen", "cert:Jürgen", "")]
    [InlineData("CN=ci:repo", "cert:ci:repo", "")] // never one of the issuer ci
    public void CommonName_IsTheName(string subject, string name, string groups)
    {
        var caller = Recognise(Certificate(subject), CertificateName.SubjectCn).Caller!;

        Assert.Equal((name, ClientWay.Mtls), (caller.Name, caller.Way));
        Assert.Equal(groups, string.Join(' ', caller.Groups.Order(StringComparer.Ordinal)));
    }

    [Theory]
    [InlineData(nameof(CertificateName.SanDns), "cert:node-7.example.com")]
    [InlineData(nameof(CertificateName.SanUri), "cert:spiffe://example.com/ns/ci/sa/puller")]
    [InlineData(nameof(CertificateName.SanEmail), "cert:ops@example.com")]
    public void AlternativeName_IsTheName(string kind, string name)
    {
        var certificate = Certificate("CN=other", names =>
        {
            names.AddIpAddress(IPAddress.Loopback);
            names.AddDnsName("Node-7.example.com");
            names.AddUri(new Uri("spiffe://example.com/ns/ci/sa/puller"));
            names.AddEmailAddress("ops@example.com");
        });

        Assert.Equal(name, Recognise(certificate, Enum.Parse<CertificateName>(kind)).Caller?.Name);
    }

    [Theory]
    [InlineData("O=acme", "without common name")]
    [InlineData("", "without common name")]
    [InlineData("CN=one,CN=two", "2 names as common name")]
    [InlineData("CN=\"a\u0007b\"", "cannot be shown")]
    [InlineData("CN=\"a\u202eb\"", "cannot be shown")]
    [InlineData("CN=\" a\"", "cannot be shown")]
    [InlineData("CN=a,OU=\"b\nc\"", "cannot be shown")]
    public void SubjectThatSaysNobodyClearly_IsRefused(string subject, string why) =>
        Assert.Contains(why, Recognise(Certificate(subject), CertificateName.SubjectCn).Refusal, StringComparison.Ordinal);

    [Fact]
    public void SeveralAttributesInOnePart_AreRefused()
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        using (writer.PushSetOf())
        {
            WriteAttribute(writer, "2.5.4.3", "puller");
            WriteAttribute(writer, "2.5.4.11", "builds");
        }

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(new X500DistinguishedName(writer.Encode()), key, HashAlgorithmName.SHA256);
        var certificate = request.CreateSelfSigned(Begin, Begin.AddDays(1));

        Assert.Contains("cannot be read", Recognise(certificate, CertificateName.SubjectCn).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(nameof(CertificateName.SanDns), "2 names as DNS name")]
    [InlineData(nameof(CertificateName.SanUri), "2 names as URI")]
    [InlineData(nameof(CertificateName.SanEmail), "without mail address")]
    public void AlternativeNamesThatSayNobodyClearly_AreRefused(string kind, string why)
    {
        var certificate = Certificate("CN=puller", names =>
        {
            names.AddDnsName("a.example.com");
            names.AddDnsName("b.example.com");
            names.AddUri(new Uri("spiffe://example.com/a"));
            names.AddUri(new Uri("spiffe://example.com/b"));
        });

        Assert.Contains(why, Recognise(certificate, Enum.Parse<CertificateName>(kind)).Refusal, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0x30, 0x03, 0x82, 0x01, 0x00 }, "cannot be shown")] // a DNS name of one NUL
    [InlineData(new byte[] { 0x30, 0x03, 0x82, 0x01, 0xff }, "cannot be read")] // not ASCII
    [InlineData(new byte[] { 0x30, 0x02, 0x82, 0x00 }, "cannot be shown")]
    [InlineData(new byte[] { 0x30, 0x05, 0x82, 0x01 }, "cannot be read")]
    [InlineData(new byte[] { 0x04, 0x00 }, "cannot be read")]
    [InlineData(new byte[] { 0x30, 0x00 }, "without DNS name")]
    public void AlternativeNamesThatAreWrittenWrongly_AreRefused(byte[] extension, string why)
    {
        var certificate = Certificate("CN=puller", raw: extension);

        Assert.Contains(why, Recognise(certificate, CertificateName.SanDns).Refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void CertificateThatExpiresWhileItsConnectionLives_IsRefusedFromThenOn()
    {
        var certificate = Certificate("CN=puller");
        var callers = new CertificateCallers(CertificateName.SubjectCn, _time);
        Assert.NotNull(Recognise(certificate, callers).Caller);

        _time.Advance(TimeSpan.FromDays(1));
        Assert.NotNull(Recognise(certificate, callers).Caller);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal("a certificate that has expired", Recognise(certificate, callers).Refusal);
    }

    [Fact]
    public void CertificateThatIsNotGoodYet_IsRefused()
    {
        var certificate = Certificate("CN=puller");
        var callers = new CertificateCallers(CertificateName.SubjectCn, new FakeTimeProvider(Begin.AddSeconds(-1)));

        Assert.Contains("not good yet", Recognise(certificate, callers).Refusal, StringComparison.Ordinal);
    }

    private static void WriteAttribute(AsnWriter writer, string type, string text)
    {
        using (writer.PushSequence())
        {
            writer.WriteObjectIdentifier(type);
            writer.WriteCharacterString(UniversalTagNumber.UTF8String, text);
        }
    }

    private static X509Certificate2 Certificate(
        string subject, Action<SubjectAlternativeNameBuilder>? alternatives = null, byte[]? raw = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        alternatives?.Invoke(names);
        if (alternatives is not null)
        {
            request.CertificateExtensions.Add(names.Build());
        }

        if (raw is not null)
        {
            request.CertificateExtensions.Add(new X509Extension("2.5.29.17", raw, critical: false));
        }

        return request.CreateSelfSigned(Begin, Begin.AddDays(1));
    }

    private static Recognition Recognise(X509Certificate2? certificate, CertificateCallers callers) =>
        callers.RecogniseAsync(
            new ClientProof(IPAddress.Loopback, Certificate: certificate), TestContext.Current.CancellationToken).Result;

    private Recognition Recognise(X509Certificate2? certificate, CertificateName kind) =>
        Recognise(certificate, new CertificateCallers(kind, _time));
}
