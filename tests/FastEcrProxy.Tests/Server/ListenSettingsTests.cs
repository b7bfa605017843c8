using System.Net;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

/// <summary>What stands before HTTP on the clients' ports, and what of it makes no sense.</summary>
public sealed class ListenSettingsTests : IDisposable
{
    private static readonly DateTimeOffset Expires = new(2035, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestFiles _files = new();

    /// <summary>Settings without TLS, and the sentence against them.</summary>
    public static TheoryData<string, string, string> WithoutTls => new()
    {
        { "Listen.PlainAddress", ":5002", "Listen.Address is plain HTTP already" },
        { "Listen.Http2", "true", "clients speak HTTP/2 over TLS only" },
        { "Listen.Hsts", "365d", "nobody comes by TLS" },
        { "Listen.ProxyProtocol", "true", "anybody could say to be anybody" },
        { "Listen.TrustedProxies", "10.0.0.1/8", "10.0.0.1/8 is an address in a network" },
        { "Clients.CertificateAuthority", "/nowhere/ca", "has no use without TLS" },
    };

    [Theory, MemberData(nameof(WithoutTls))]
    public void SettingThatMakesNoSense_IsRefused(string key, string value, string problem)
    {
        var error = Assert.Single(Read((key, value)).Errors);

        Assert.Equal(key, error.Key);
        Assert.StartsWith(problem, error.Problem);
    }

    [Fact]
    public void EverythingBeforeHttp_IsRead()
    {
        var (certificate, key) = _files.WriteCertificate("one", Expires);

        var listen = Read(
            ("Listen.Certificate", certificate), ("Listen.Key", key), ("Listen.PlainAddress", ":5002"), ("Listen.Http2", "yes"),
            ("Listen.Hsts", "365d"), ("Listen.TrustedProxies", "10.0.0.0/24,2001:db8::/64"), ("Listen.ProxyProtocol", "on"),
            ("Clients.CertificateAuthority", certificate)).Settings!.Listen;

        Assert.Equal(5002, listen.PlainAddress?.Port);
        Assert.True(listen.IsTls && listen.Http2 && listen.ProxyProtocol);
        Assert.Equal(TimeSpan.FromDays(365), listen.Hsts);
        Assert.Equal([IPNetwork.Parse("10.0.0.0/24"), IPNetwork.Parse("2001:db8::/64")], listen.TrustedProxies);
        Assert.Equal("CN=one", Assert.Single(listen.ClientAuthority!.Roots).Subject);
    }

    [Fact]
    public void NothingBeforeHttp_IsTheDefault()
    {
        var listen = Read().Settings!.Listen;

        Assert.False(listen.IsTls || listen.Http2 || listen.ProxyProtocol);
        Assert.Equal((null, null, null), (listen.PlainAddress, listen.Hsts, listen.ClientAuthority));
        Assert.Empty(listen.TrustedProxies);
    }

    [Fact]
    public void Hsts_IsForBalancersThatHaveTlsToo() =>
        Assert.Equal(TimeSpan.Zero, Read(("Listen.Hsts", "0"), ("Listen.TrustedProxies", "10.0.0.0/24")).Settings!.Listen.Hsts);

    [Fact]
    public void SeveralPairs_AreReadInTheirOrder()
    {
        var (one, two) = (_files.WriteCertificate("one", Expires), _files.WriteCertificate("two", Expires));

        var listen = Read(
            ("Listen.Certificate", $"{one.Certificate}, {two.Certificate}"), ("Listen.Key", $"{one.Key},{two.Key}")).Settings!.Listen;

        Assert.Equal(["CN=one", "CN=two"], listen.Certificates.Select(static pair => pair.Leaf.Subject));
    }

    [Fact]
    public void KeysThatDoNotFit_AreNamed()
    {
        var (one, two) = (_files.WriteCertificate("one", Expires), _files.WriteCertificate("two", Expires));

        var both = $"{one.Certificate},{two.Certificate}";
        var missing = Assert.Single(Read(("Listen.Certificate", both), ("Listen.Key", one.Key)).Errors);
        var swapped = Read(("Listen.Certificate", both), ("Listen.Key", $"{two.Key},{one.Key}")).Errors;

        Assert.Equal("1 key for 2 certificates; give one for each, in the order of Listen.Certificate", missing.Problem);
        Assert.Equal(
            [$"{two.Key}: not the key of that certificate", $"{one.Key}: not the key of that certificate"],
            swapped.Select(static error => error.Problem));
    }

    [Theory]
    [InlineData("Listen.PlainAddress", "0.0.0.0:5000", "the same port as Listen.Address (0.0.0.0:5000); write another one")]
    [InlineData("Admin.Address", "127.0.0.1:5002", "the same port as Listen.PlainAddress (0.0.0.0:5002); write another one")]
    public void SamePortTwice_IsRefused(string key, string address, string problem)
    {
        var (certificate, keyFile) = _files.WriteCertificate("one", Expires);
        var plain = key == "Listen.PlainAddress" ? [] : new[] { ("Listen.PlainAddress", ":5002") };

        var error = Assert.Single(Read([("Listen.Certificate", certificate), ("Listen.Key", keyFile), (key, address), .. plain]).Errors);

        Assert.Equal((key, problem), (error.Key, error.Problem));
    }

    [Fact]
    public void AuthorityThatIsNone_IsRefused()
    {
        var (certificate, key) = _files.WriteCertificate("one", Expires);

        var error = Assert.Single(
            Read(("Listen.Certificate", certificate), ("Listen.Key", key), ("Clients.CertificateAuthority", key)).Errors);

        Assert.StartsWith("there is no whole certificate in it", error.Problem);
    }

    public void Dispose() => _files.Dispose();

    private static SettingsResult Read(params (string Key, string Value)[] settings) => SettingsReader.Read(new SettingsInput
    {
        Environment = settings.ToDictionary(setting => Setting.VariableOf(setting.Key), setting => setting.Value),
    });
}
