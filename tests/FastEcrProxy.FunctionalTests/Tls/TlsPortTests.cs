using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.Tls;

/// <summary>Which certificate a client is shown, and what the proxy takes of what it shows.</summary>
public sealed class TlsPortTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("registry.example.com", "CN=one")]
    [InlineData("a.example.net", "CN=two")]
    [InlineData("elsewhere", "CN=one")]
    [InlineData("127.0.0.1", "CN=one")] // no name is sent
    public async Task Client_IsShownTheCertificateOfTheNameThatItSays(string name, string expected)
    {
        await using var port = await EchoPort.StartAsync(new ListenOptions
        {
            Certificates = [_authority.WriteServer("one", "registry.example.com"), _authority.WriteServer("two", "*.example.net")],
        });

        await using var stream = await port.ConnectTlsAsync(name);

        Assert.Equal(expected, stream.RemoteCertificate?.Subject);
        Assert.Equal("HTTP/1.1 https 127.0.0.1 nobody", await EchoPort.AskAsync(stream));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("-tls1_1", false)]
    [InlineData("-tls1_2", true)]
    [InlineData("-tls1_3", true)]
    public async Task OldTls_IsRefused(string version, bool accepted)
    {
        await using var port = await EchoPort.StartAsync(new ListenOptions { Certificates = [_authority.WriteServer("one")] });

        var text = await OpensslAsync(port, version, "-cipher", "DEFAULT@SECLEVEL=0");

        Assert.Equal(accepted, text.Contains("HTTP/1.1 200", StringComparison.Ordinal));
        Assert.Equal(!accepted, text.Contains("alert protocol version", StringComparison.Ordinal));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task SecondConnection_ResumesTheSessionOfTheFirst(string version)
    {
        await using var port = await EchoPort.StartAsync(new ListenOptions { Certificates = [_authority.WriteServer("one")] });
        var session = _authority.PathOf("session" + version);

        await OpensslAsync(port, version, "-sess_out", session);
        var text = await OpensslAsync(port, version, "-sess_in", session);

        Assert.Contains("Reused, ", text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task NewCertificate_IsForNewConnectionsAndOpenOnesGoOn()
    {
        var first = _authority.WriteServer("one");
        await using var port = await EchoPort.StartAsync(new ListenOptions { Certificates = [first] });
        await using var open = await port.ConnectTlsAsync("x");
        _authority.WriteServer("one");

        port.Certificates.Look();
        await using var fresh = await port.ConnectTlsAsync("x");

        Assert.Equal(first.Leaf.GetSerialNumberString(), open.RemoteCertificate?.GetSerialNumberString());
        Assert.NotEqual(first.Leaf.GetSerialNumberString(), fresh.RemoteCertificate?.GetSerialNumberString());
        Assert.Equal("HTTP/1.1 https 127.0.0.1 nobody", await EchoPort.AskAsync(open));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task CertificatesThatChangeAllTheTime_LetEveryClientIn()
    {
        await using var port = await EchoPort.StartAsync(new ListenOptions { Certificates = [_authority.WriteServer("one")] });
        var clients = Enumerable.Range(0, 4).Select(_ => Task.Run(
            async () =>
            {
                for (var i = 0; i < 25; i++)
                {
                    await using var stream = await port.ConnectTlsAsync("x");
                    Assert.Equal("HTTP/1.1 https 127.0.0.1 nobody", await EchoPort.AskAsync(stream));
                }
            },
            Cancel)).ToList();

        for (var i = 0; i < 100 && clients.Exists(static client => !client.IsCompleted); i++)
        {
            _authority.WriteServer("one");
            port.Certificates.Look();
            await Task.Yield();
        }

        await Task.WhenAll(clients);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientCertificateOfTheAuthority_IsSeenByTheRequest()
    {
        await using var port = await StartAskingAsync();
        using var own = _authority.ForClient("ci");

        await using var stream = await port.ConnectTlsAsync("x", own);

        Assert.Equal("HTTP/1.1 https 127.0.0.1 CN=ci", await EchoPort.AskAsync(stream));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientWithoutCertificate_MayComeIn()
    {
        await using var port = await StartAskingAsync();

        await using var stream = await port.ConnectTlsAsync("x");

        Assert.Equal("HTTP/1.1 https 127.0.0.1 nobody", await EchoPort.AskAsync(stream));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("of another authority")]
    [InlineData("made for servers")]
    public async Task ClientCertificateThatIsNotGood_IsAsGoodAsNone(string kind)
    {
        await using var port = await StartAskingAsync();
        using var another = new TestAuthority();
        using var own = kind == "made for servers" ? _authority.ForServer("ci") : another.ForClient("ci");

        await using var stream = await port.ConnectTlsAsync("x", own);

        Assert.Equal("HTTP/1.1 https 127.0.0.1 nobody", await EchoPort.AskAsync(stream));
        Assert.Contains(
            port.Log.Lines,
            static line => line.StartsWith("Debug 1024 A client showed a certificate of CN=ci that ", StringComparison.Ordinal));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientThatWasKnown_IsKnownInAResumedSessionToo()
    {
        await using var port = await StartAskingAsync();
        using var own = _authority.ForClient("ci");
        await File.WriteAllTextAsync(_authority.PathOf("ci.pem"), own.ExportCertificatePem(), Cancel);
        await File.WriteAllTextAsync(_authority.PathOf("ci.key"), own.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem(), Cancel);
        string[] shown = ["-cert", _authority.PathOf("ci.pem"), "-key", _authority.PathOf("ci.key")];

        var first = await OpensslAsync(port, [.. shown, "-sess_out", _authority.PathOf("session")]);
        var second = await OpensslAsync(port, [.. shown, "-sess_in", _authority.PathOf("session")]);

        Assert.Contains("CN=ci", first, StringComparison.Ordinal);
        Assert.Contains("CN=ci", second[second.IndexOf("HTTP/1.1 200", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    public void Dispose() => _authority.Dispose();

    private Task<EchoPort> StartAskingAsync() => EchoPort.StartAsync(new ListenOptions
    {
        Certificates = [_authority.WriteServer("one")], ClientAuthority = ClientAuthority.Load(_authority.CaFile).Authority,
    });

    /// <summary>One request by OpenSSL's own client, and all that it says.</summary>
    private static async Task<string> OpensslAsync(EchoPort port, params string[] arguments)
    {
        var start = new ProcessStartInfo("openssl", ["s_client", "-connect", $"127.0.0.1:{port.Number}", "-ign_eof", .. arguments])
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
        };
        using var openssl = Process.Start(start)!;
        var (output, errors) = (openssl.StandardOutput.ReadToEndAsync(Cancel), openssl.StandardError.ReadToEndAsync(Cancel));
        try
        {
            await openssl.StandardInput.WriteAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
            openssl.StandardInput.Close();
        }
        catch (IOException)
        {
            // it has ended already
        }

        await openssl.WaitForExitAsync(Cancel);
        return await output + await errors;
    }
}
