using FastEcrProxy.Server;
using FastEcrProxy.Tests.Http;
using FastEcrProxy.Tests.Observability;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Server;

/// <summary>Files of certificates that change while the proxy runs.</summary>
public sealed class ServerCertificatesTests : IDisposable
{
    private readonly TestFiles _files = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2030, 6, 1, 12, 0, 0, TimeSpan.Zero));
    private readonly MeasuredValues _measured = new();
    private readonly LogOf<ServerCertificates> _log = new();

    [Fact]
    public async Task NewPair_IsShownFromThenOn()
    {
        await using var certificates = Open(Write("one", 90));
        var before = certificates.Find(null);
        certificates.Look();
        Assert.Same(before, certificates.Find(null));

        Write("one", 180);
        certificates.Look();

        Assert.NotSame(before, certificates.Find(null));
        Assert.Equal(
            _time.GetUtcNow().AddDays(180).UtcDateTime,
            certificates.Find(null).ServerCertificateContext!.TargetCertificate.NotAfter.ToUniversalTime());
        Assert.Equal(
            $"Information: {_files.PathOf("one.crt")}: a new certificate for CN=one, good until 2030-11-28 12:00:00Z, is shown from now on",
            Assert.Single(_log.Lines));
    }

    [Fact]
    public async Task LookedInto_AgainAndAgain()
    {
        await using var certificates = Open(Write("one", 90));
        var before = certificates.Find(null);
        certificates.Start();
        Write("one", 180);

        _time.Advance(ServerCertificates.LookPause);

        Assert.True(await Task.Run(
            () => SpinWait.SpinUntil(() => certificates.Find(null) != before, TimeSpan.FromMinutes(1)),
            TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LinkThatIsSwappedAbove_IsSeen()
    {
        var (one, other) = (Write("one", 90), Write("other", 90));
        foreach (var (directory, pair) in new[] { ("v1", one), ("v2", other) })
        {
            Directory.CreateDirectory(_files.PathOf(directory));
            File.Copy(pair.Certificate, Path.Combine(_files.PathOf(directory), "tls.crt"));
            File.Copy(pair.Key, Path.Combine(_files.PathOf(directory), "tls.key"));
        }

        var data = _files.PathOf("..data");
        Directory.CreateSymbolicLink(data, "v1");
        await using var certificates = Open((Path.Combine(data, "tls.crt"), Path.Combine(data, "tls.key")));

        Directory.Delete(data); // the link
        Directory.CreateSymbolicLink(data, "v2");
        certificates.Look();

        Assert.Equal("CN=other", certificates.Find(null).ServerCertificateContext!.TargetCertificate.Subject);
    }

    [Fact]
    public async Task PairThatIsHalfWritten_KeepsTheOldOneAndIsToldOnce()
    {
        var (certificate, key) = Write("one", 90);
        await using var certificates = Open((certificate, key));
        var before = certificates.Find(null);
        var other = _files.WriteCertificate("other", _time.GetUtcNow().AddDays(90));

        File.Copy(other.Certificate, certificate, overwrite: true);
        certificates.Look();
        certificates.Look();

        Assert.Same(before, certificates.Find(null));
        Assert.Equal(
            $"Warning: {key} has changed, and what was there before is still used: not the key of that certificate",
            Assert.Single(_log.Lines));

        File.Copy(other.Key, key, overwrite: true);
        certificates.Look();

        Assert.Equal("CN=other", certificates.Find(null).ServerCertificateContext!.TargetCertificate.Subject);
        Assert.Equal(2, _log.Lines.Count);
    }

    [Theory]
    [InlineData("", "there is no certificate in it")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "the certificate in it is damaged")]
    [InlineData(null, "there is no such file")]
    public async Task FileThatIsBad_IsToldOnceAndAgainWhenItIsBadInAnotherWay(string? content, string problem)
    {
        var (certificate, key) = Write("one", 90);
        await using var certificates = Open((certificate, key));
        var before = certificates.Find(null);

        File.Delete(certificate);
        if (content is not null)
        {
            File.WriteAllText(certificate, content);
        }

        certificates.Look();
        certificates.Look();
        File.WriteAllText(certificate, "something else");
        certificates.Look();

        Assert.Same(before, certificates.Find(null));
        Assert.Equal(2, _log.Lines.Count);
        Assert.StartsWith($"Warning: {certificate} has changed, and what was there before is still used: {problem}", _log.Lines[0]);
    }

    [Fact]
    public async Task OneOfTwoThatIsBad_DoesNotHoldUpTheOther()
    {
        var (one, two) = (Write("one", 90), Write("two", 90));
        await using var certificates = Open(one, two);

        File.WriteAllText(one.Certificate, "");
        Write("two", 180);
        certificates.Look();

        Assert.Equal("CN=one", certificates.Find(null).ServerCertificateContext!.TargetCertificate.Subject);
        Assert.Equal(
            _time.GetUtcNow().AddDays(180).UtcDateTime,
            certificates.Find("two").ServerCertificateContext!.TargetCertificate.NotAfter.ToUniversalTime());
    }

    [Fact]
    public async Task TimeLeft_IsThatOfTheOneThatEndsFirst()
    {
        await using var certificates = Open(Write("one", 90), Write("two", 30));

        Assert.Contains($"fastecr.certificate.time_left{{}} {30 * 86400}", _measured.Observed());
    }

    [Fact]
    public async Task AuthorityThatChanges_IsAskedForItsClientsFromThenOn()
    {
        var authorityFile = _files.WriteCertificate("ca", _time.GetUtcNow().AddDays(90)).Certificate;
        await using var certificates = Open(ClientAuthority.Load(authorityFile).Authority, Write("one", 90));

        File.WriteAllText(authorityFile, "nothing");
        certificates.Look();
        certificates.Look();
        Assert.Equal("CN=ca", Assert.Single(certificates.Find(null).CertificateChainPolicy!.CustomTrustStore).Subject);

        File.Copy(_files.WriteCertificate("other", _time.GetUtcNow().AddDays(90)).Certificate, authorityFile, overwrite: true);
        certificates.Look();

        Assert.Equal("CN=other", Assert.Single(certificates.Find(null).CertificateChainPolicy!.CustomTrustStore).Subject);
        Assert.Equal(["Warning", "Information"], _log.Lines.Select(static line => line.Split(':')[0]));
    }

    public void Dispose()
    {
        _files.Dispose();
        _measured.Dispose();
    }

    private (string Certificate, string Key) Write(string name, int days) =>
        _files.WriteCertificate(name, _time.GetUtcNow().AddDays(days), name);

    private ServerCertificates Open(params (string Certificate, string Key)[] pairs) => Open(null, pairs);

    private ServerCertificates Open(ClientAuthority? authority, params (string Certificate, string Key)[] pairs)
    {
        var options = new ListenOptions
        {
            Certificates = [.. pairs.Select(static pair => ServerCertificate.Load(pair.Certificate, pair.Key).Certificate!)],
            ClientAuthority = authority,
        };
        return new ServerCertificates(options, _time, _measured.Metrics, new Loggers(_log));
    }

    private sealed class Loggers(ILogger logger) : ILoggerFactory
    {
        public ILogger CreateLogger(string categoryName) => logger;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public void Dispose()
        {
        }
    }
}
