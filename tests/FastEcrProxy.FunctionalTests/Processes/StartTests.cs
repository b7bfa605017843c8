using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;

namespace FastEcrProxy.FunctionalTests.Processes;

/// <summary>What keeps <c>serve</c> from starting, a line each and exit code 2, and starting with TLS.</summary>
public class StartTests
{
    private protected virtual Executable Executable => Executable.Built;

    [Fact]
    public async Task SecondProxyOnTheSameDirectory_IsRefusedInOneLine()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        await using var first = await test.ServeAsync();
        using var client = new PullClient();

        var second = await test.RunAsync("serve");
        using var alive = await client.GetAsync($"{first.AdminUrl}/livez");

        Assert.Equal(2, second.ExitCode);
        Assert.Equal(
            $"Cache.Directory = \"{test.CacheDirectory}\": "
            + "used by another fast-ecr-proxy; give each one a directory of its own",
            Assert.Single(second.ErrorLines));
        Assert.Equal(200, alive.Status);
    }

    [Theory]
    [InlineData("Listen", "--listen")]
    [InlineData("Admin", "--admin")]
    public async Task PortInUse_IsRefusedInOneLine(string key, string flag)
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        var run = await test.RunAsync("serve", flag, $"{other.LocalEndpoint}");

        Assert.Equal(2, run.ExitCode);
        var line = Assert.Single(run.ErrorLines);
        Assert.StartsWith($"{key}.Address = \"{other.LocalEndpoint}\": port ", line, StringComparison.Ordinal);
        Assert.EndsWith($"(from {flag})", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CacheOfAnotherVersion_IsRefusedInOneLine()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        Directory.CreateDirectory(test.CacheDirectory);
        await File.WriteAllTextAsync(Path.Combine(test.CacheDirectory, "version"), "99\n", TestContext.Current.CancellationToken);

        var run = await test.RunAsync("serve");

        Assert.Equal(2, run.ExitCode);
        Assert.Contains("written by another version (layout 99, not 1)", Assert.Single(run.ErrorLines), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("serve", 2)]
    [InlineData("check", 1)]
    public async Task DirectoryThatCannotBe_IsSaidWithItsKey(string verb, int code)
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        await File.WriteAllTextAsync(test.CacheDirectory, "a file", TestContext.Current.CancellationToken);

        var run = await test.RunAsync(verb);

        Assert.Equal(code, run.ExitCode);
        var said = run.ErrorLines.Concat(run.OutputLines);
        Assert.Single(said, line => line.Contains("Cache.Directory = ", StringComparison.Ordinal)
            && line.Contains("cannot be written", StringComparison.Ordinal));
    }

    [Fact]
    public async Task SeveralBadSettings_AreAllReportedBeforeAPortOpens()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable, config =>
        {
            config["Listen"]!["Certificate"] = "/nowhere/tls.crt";
            config["Listen"]!["Key"] = "/nowhere/tls.key";
            config["Cache"]!["Sice"] = "1GiB";
            config["Cache"]!["TagFreshness"] = "soon";
        });

        var run = await test.RunAsync("serve");

        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Equal(4, run.ErrorLines.Length);
        Assert.All(
            [
                "Listen.Certificate = \"/nowhere/tls.crt\"",
                "Listen.Key = \"/nowhere/tls.key\"",
                "Cache.Sice",
                "Cache.TagFreshness = \"soon\"",
            ],
            key => Assert.Single(run.ErrorLines, line => line.StartsWith(key, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task AllIsWell_CheckSaysSo()
    {
        await using var test = await ProcessUnderTest.CreateAsync(Executable);

        var run = await test.RunAsync("check", "--cache-size", "1MiB");

        Assert.Equal((0, ""), (run.ExitCode, run.Errors));
        Assert.All(run.OutputLines, line => Assert.StartsWith("ok    ", line, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task CertificateAndKey_MakeThePortHttps(bool byFormerVariables)
    {
        using var certificate = TestCertificate.For("registry.example.com", IPAddress.Loopback);
        await using var test = await ProcessUnderTest.CreateAsync(Executable);
        var (certificateFile, keyFile) = (test.PathOf("tls.crt"), test.PathOf("tls.key"));
        using var key = certificate.GetECDsaPrivateKey()!;
        await File.WriteAllTextAsync(certificateFile, certificate.ExportCertificatePem(), TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(keyFile, key.ExportPkcs8PrivateKeyPem(), TestContext.Current.CancellationToken);
        var environment = byFormerVariables
            ? new Dictionary<string, string>
            {
                ["ENABLE_SSL"] = "true",
                ["REGISTRY_HTTP_TLS_CERTIFICATE"] = certificateFile,
                ["REGISTRY_HTTP_TLS_KEY"] = keyFile,
            }
            : new Dictionary<string, string> { ["FEP_Listen__Certificate"] = certificateFile, ["FEP_Listen__Key"] = keyFile };

        await using var proxy = await test.ServeAsync(environment, "--config", test.ConfigFile);
        X509Certificate2? shown = null;
        using var client = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, seen, _, _) => (shown = (X509Certificate2?)seen) is not null },
        });
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://{proxy.DataAddress}/v2/");
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(200, answer.Status);
        Assert.Equal(new Version(1, 1), answer.Version);
        Assert.Equal(certificate.Thumbprint, shown!.Thumbprint);
    }
}
