using FastEcrProxy.Server;
using FastEcrProxy.Tests.Http;
using FastEcrProxy.Tests.Observability;

namespace FastEcrProxy.Tests.Server;

public sealed class CertificateTableTests : IDisposable
{
    private static readonly DateTimeOffset Expires = new(2035, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestFiles _files = new();
    private readonly MeasuredValues _measured = new();

    [Theory]
    [InlineData("registry.example.com", "one")]
    [InlineData("REGISTRY.example.COM", "one")]
    [InlineData("other.example.com", "wild")]
    [InlineData("exact.example.com", "exact")] // before the star, though it stands behind
    [InlineData("mirror.example.net", "exact")]
    [InlineData("a.other.example.com", "one")] // a star is one label
    [InlineData("example.com", "one")]
    [InlineData(".example.com", "one")]
    [InlineData("elsewhere", "one")]
    [InlineData("", "one")]
    [InlineData(null, "one")]
    public void Name_FindsTheCertificateThatIsForIt(string? name, string expected)
    {
        var table = Table(
            Load("one", "registry.example.com"),
            Load("wild", "*.example.com", "registry.example.com"),
            Load("exact", "exact.example.com", "mirror.example.net"));

        var found = table.Find(name);

        Assert.Equal($"CN={expected}", found.ServerCertificateContext!.TargetCertificate.Subject);
        Assert.Same(found, table.Find(name)); // made ready once
    }

    [Fact]
    public void CertificateWithoutNames_IsForAll() =>
        Assert.Equal("CN=old", Table(Load("old")).Find("registry.example.com").ServerCertificateContext!.TargetCertificate.Subject);

    public void Dispose()
    {
        _files.Dispose();
        _measured.Dispose();
    }

    private ServerCertificate Load(string name, params string[] dnsNames)
    {
        var (certificate, key) = _files.WriteCertificate(name, Expires, dnsNames);
        return ServerCertificate.Load(certificate, key).Certificate!;
    }

    private CertificateTable Table(params ServerCertificate[] certificates) =>
        new(certificates, null, new ClientCertificates(_measured.Metrics, new LogOf<ClientCertificates>()), http2: false);
}
