using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

/// <summary>TLS for the clients' port and CAs for the registry: all that can be wrong with the files.</summary>
public sealed class CertificateSettingsTests : IDisposable
{
    private static readonly DateTimeOffset Expires = new(2035, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TestFiles _files = new();

    [Fact]
    public void CertificateWithItsKey_IsLoaded()
    {
        var (certificate, key) = _files.WriteCertificate("registry.example.com", Expires);

        var result = Read(("FEP_Listen__Certificate", certificate), ("FEP_Listen__Key", key));

        Assert.Empty(result.Errors);
        var loaded = Assert.Single(result.Settings!.Listen.Certificates);
        Assert.True(loaded.Leaf.HasPrivateKey);
        Assert.Empty(loaded.Chain);
    }

    [Fact]
    public void CertificatesAfterTheFirst_AreTheChain()
    {
        var (certificate, key) = _files.WriteCertificate("leaf", Expires);
        var (issuer, _) = _files.WriteCertificate("issuer", Expires);
        var bundle = _files.Write("bundle.crt", File.ReadAllText(certificate) + "\n" + File.ReadAllText(issuer));

        var loaded = Assert.Single(Read(("FEP_Listen__Certificate", bundle), ("FEP_Listen__Key", key)).Settings!.Listen.Certificates);

        Assert.Equal("CN=leaf", loaded.Leaf.Subject);
        Assert.Equal("CN=issuer", Assert.Single(loaded.Chain).Subject);
    }

    [Fact]
    public void KeyOfAnotherCertificate_IsRefused()
    {
        var (certificate, _) = _files.WriteCertificate("one", Expires);
        var (_, otherKey) = _files.WriteCertificate("other", Expires);

        var error = Assert.Single(Read(("FEP_Listen__Certificate", certificate), ("FEP_Listen__Key", otherKey)).Errors);

        Assert.Equal($"Listen.Key = \"{otherKey}\": not the key of that certificate (from FEP_Listen__Key)", error.ToString());
    }

    [Fact]
    public void FilesThatAreMissing_AreAllNamed()
    {
        var errors = Read(
            ("FEP_Listen__Certificate", "/nowhere/a"),
            ("FEP_Listen__Key", "/nowhere/b"),
            ("FEP_Upstream__CaFile", "/nowhere/c")).Errors;

        Assert.Equal(
            [
                "Upstream.CaFile = \"/nowhere/c\": there is no such file (from FEP_Upstream__CaFile)",
                "Listen.Certificate = \"/nowhere/a\": there is no such file (from FEP_Listen__Certificate)",
                "Listen.Key = \"/nowhere/b\": there is no such file (from FEP_Listen__Key)",
            ],
            errors.Select(error => error.ToString()));
    }

    [Fact]
    public void FilesWithSomethingElse_AreRefusedByWhatIsMissing()
    {
        var (certificate, key) = _files.WriteCertificate("registry", Expires);
        var text = _files.Write("notes.txt", "call the network people");
        var locked = _files.Write(
            "locked.key", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n");

        var swapped = Read(("FEP_Listen__Certificate", key), ("FEP_Listen__Key", certificate)).Errors;
        var encrypted = Read(("FEP_Listen__Certificate", certificate), ("FEP_Listen__Key", locked)).Errors;
        var keyless = Read(("FEP_Listen__Certificate", certificate), ("FEP_Listen__Key", text)).Errors;
        var caless = Read(("FEP_Upstream__CaFile", text)).Errors;

        Assert.StartsWith("there is no certificate in it", Assert.Single(swapped).Problem);
        Assert.StartsWith("the key is encrypted", Assert.Single(encrypted).Problem);
        Assert.StartsWith("there is no private key in it", Assert.Single(keyless).Problem);
        Assert.StartsWith("there is no whole certificate in it", Assert.Single(caless).Problem);
    }

    [Theory]
    [InlineData("FEP_Listen__Certificate", "Listen.Certificate", "needs its key: give Listen.Key too")]
    [InlineData("FEP_Listen__Key", "Listen.Key", "needs its certificate: give Listen.Certificate too")]
    public void HalfOfThePair_IsRefused(string variable, string key, string problem)
    {
        var error = Assert.Single(Read((variable, "/some/file")).Errors);

        Assert.Equal((key, problem), (error.Key, error.Problem));
    }

    [Fact]
    public void CaFile_IsTrustedByRegistryAndAwsAlike()
    {
        var (certificate, _) = _files.WriteCertificate("ca", Expires);

        var settings = Read(("FEP_Upstream__CaFile", certificate)).Settings!;

        Assert.Equal("CN=ca", Assert.Single(settings.Upstream.ExtraCertificates!).Subject);
        Assert.Equal("CN=ca", Assert.Single(settings.Ecr.ExtraCertificates!).Subject);
    }

    [Theory]
    [InlineData("true", true)]
    [InlineData("false", false)]
    [InlineData("", false)]
    public void FormerSwitch_MeansWhatItSays(string enabled, bool expected)
    {
        var (certificate, key) = _files.WriteCertificate("registry", Expires);

        var result = Read(
            ("ENABLE_SSL", enabled), ("REGISTRY_HTTP_TLS_CERTIFICATE", certificate), ("REGISTRY_HTTP_TLS_KEY", key));

        Assert.Equal(expected, result.Settings!.Listen.IsTls);
        Assert.Equal(expected ? 0 : 2, result.Settings.Notices.Count);
    }

    [Fact]
    public void FormerSwitchWithoutCertificate_IsRefused()
    {
        var error = Assert.Single(Read(("ENABLE_SSL", "true")).Errors);

        Assert.Equal("ENABLE_SSL = \"true\": needs REGISTRY_HTTP_TLS_CERTIFICATE and REGISTRY_HTTP_TLS_KEY", error.ToString());
    }

    [Fact]
    public void FormerSwitchThatIsNeither_IsRefused() =>
        Assert.Equal(
            "ENABLE_SSL = \"maybe\": neither true nor false", Assert.Single(Read(("ENABLE_SSL", "maybe")).Errors).ToString());

    [Fact]
    public void FormerVariablesThatAreNotNeeded_AreNamedWithTheReason()
    {
        var settings = Read(("RESOLVER", "8.8.8.8"), ("CACHE_KEY", "$uri"), ("AWS_USE_EC2_ROLE_FOR_AUTH", "true")).Settings!;

        Assert.Equal(
            ["RESOLVER", "CACHE_KEY", "AWS_USE_EC2_ROLE_FOR_AUTH"],
            settings.Notices.Select(notice => notice.Split(" is not needed: ")[0]));
    }

    [Fact]
    public void FormerVariables_MeanTheSame()
    {
        var settings = Read(
            ("UPSTREAM", "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
            ("AWS_REGION", "eu-west-1"),
            ("PORT", "80"), ("CACHE_MAX_SIZE", "75g")).Settings!;

        Assert.Equal("123456789012", settings.Upstream.Host!.Account);
        Assert.Equal("0.0.0.0:80", settings.Listen.Address.ToString());
        Assert.Equal(75L << 30, settings.Cache.SizeBytes);
        Assert.Empty(settings.Notices);
    }

    public void Dispose() => _files.Dispose();

    private static SettingsResult Read(params (string Name, string Value)[] variables) => SettingsReader.Read(new SettingsInput
    {
        Environment = variables.ToDictionary(variable => variable.Name, variable => variable.Value),
    });
}
