using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Upstream;

/// <summary>Every way of not being there has its own words, and is reported in time.</summary>
public sealed class UnreachableTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DarkRegistry_IsReportedAtOnce_AndIsBackWhenItIsBack()
    {
        await using var rig = await UpstreamRig.StartAsync();
        await rig.GetManifestAsync();
        await rig.Local.Faults.GoDarkAsync(OriginName.Registry);

        AssertUnreachable((await rig.GetManifestAsync()).Failure, "refuses connections"); // else it would speak of a time-out

        await rig.Local.Faults.ComeBackAsync(OriginName.Registry, Cancel);
        Assert.NotNull((await rig.GetManifestAsync()).Value);
    }

    [Fact]
    public async Task DarkLayerStore_IsReportedAtOnce()
    {
        await using var rig = await UpstreamRig.StartAsync();
        await rig.Local.Faults.GoDarkAsync(OriginName.Layers);

        AssertUnreachable((await rig.Source().OpenAsync(0, null, Cancel)).Failure, $"{rig.Local.Layers.Authority} refuses connections");
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(RequestKind.GetBlob)]
    [InlineData(RequestKind.AnyLayer)]
    public async Task HangingPeer_IsReportedAfterTheFirstByteTimeOut(RequestKind kind)
    {
        var clock = new MovedClock();
        await using var rig = await UpstreamRig.StartAsync(time: clock);
        using var hang = rig.Local.Faults.Hang(kind);

        var opening = rig.Source().OpenAsync(0, null, Cancel).AsTask();
        await hang.ReachedAsync(Cancel);
        Assert.Equal(1, clock.EndWaitsOf(new UpstreamOptions().FirstByteTimeout));

        AssertUnreachable((await opening).Failure, "did not answer within 20 s");
        Assert.Equal(1, hang.Hits);
    }

    [Fact]
    public async Task UnknownName_IsAMatterOfDns() =>
        AssertUnreachable(
            // A resolver that cannot be reached takes its time to say so.
            await PingAsync(new Uri("http://no-such-host.invalid"), options => options with { ConnectTimeout = TimeSpan.FromMinutes(1) }),
            "DNS does not know no-such-host.invalid");

    [Fact]
    public async Task ServerThatTakesConnectionsButNoHandshake_IsReportedAfterTheConnectTimeOut()
    {
        using var listener = Listen();

        var failure = await PingAsync(
            new Uri($"https://{listener.LocalEndpoint}"), options => options with { ConnectTimeout = TimeSpan.FromSeconds(1) });

        AssertUnreachable(failure, "within 1 s");
    }

    [Fact]
    public async Task PlainServerBehindHttps_IsAMatterOfTls()
    {
        await using var rig = await UpstreamRig.StartAsync();

        AssertUnreachable(await PingAsync(new Uri($"https://{rig.Local.Registry.Authority}")), "No TLS connection");
    }

    [Fact]
    public async Task UnknownCa_IsNamed_AndTrustedOnceConfigured()
    {
        using var certificate = Certificate("127.0.0.1", notAfterDays: 1);
        var tls = new LocalEcrOptions { Certificate = certificate };
        await using var strict = await UpstreamRig.StartAsync(local: tls);
        await using var trusting = await UpstreamRig.StartAsync(options => options with { ExtraCertificates = [certificate] }, tls);

        AssertUnreachable((await strict.GetManifestAsync()).Failure, "signed by a CA that is not trusted (CN=FastEcrProxy test)");
        Assert.NotNull((await trusting.GetManifestAsync()).Value);
        Assert.Equal(trusting.Layer, (await trusting.ReadAsync(trusting.Source())).Bytes);
    }

    [Fact]
    public async Task CertificateOfAnotherHost_IsNamed()
    {
        using var certificate = Certificate("127.0.0.77", notAfterDays: 1);
        await using var rig = await UpstreamRig.StartAsync(
            options => options with { ExtraCertificates = [certificate] }, new LocalEcrOptions { Certificate = certificate });

        AssertUnreachable((await rig.GetManifestAsync()).Failure, "for another name");
    }

    [Fact]
    public async Task ExpiredCertificate_IsNamed()
    {
        using var certificate = Certificate("127.0.0.1", notAfterDays: -1);
        await using var rig = await UpstreamRig.StartAsync(
            options => options with { ExtraCertificates = [certificate] }, new LocalEcrOptions { Certificate = certificate });

        AssertUnreachable((await rig.GetManifestAsync()).Failure, "this machine's clock");
    }

    [Fact]
    public async Task PooledConnectionThatThePeerGaveUp_IsNoFailure()
    {
        using var listener = Listen();
        var served = ServeOncePerConnectionAsync(listener, connections: 3);
        var options = new UpstreamOptions { Endpoint = new Uri($"http://{listener.LocalEndpoint}"), UsesEcrToken = false };
        await using var rig = await UpstreamRig.StartAsync(_ => options);

        for (var i = 0; i < 3; i++)
        {
            Assert.Null(await rig.Client.PingAsync(Cancel));
        }

        await served;
        Assert.Empty(rig.LogText);
    }

    private static void AssertUnreachable(FetchFailure? failure, string words)
    {
        Assert.Equal(FetchError.Unreachable, failure!.Error);
        Assert.Contains(words, failure.Reason, StringComparison.Ordinal);
    }

    private static async Task<FetchFailure?> PingAsync(Uri endpoint, Func<UpstreamOptions, UpstreamOptions>? change = null)
    {
        var options = new UpstreamOptions { Endpoint = endpoint, UsesEcrToken = false };
        await using var rig = await UpstreamRig.StartAsync(_ => change?.Invoke(options) ?? options);
        return await rig.Client.PingAsync(Cancel);
    }

    private static TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return listener;
    }

    /// <summary>Answers one request with keep-alive, then closes as soon as the second one arrives.</summary>
    private static async Task ServeOncePerConnectionAsync(TcpListener listener, int connections)
    {
        var buffer = new byte[4096];
        for (var i = 0; i < connections; i++)
        {
            using var socket = await listener.AcceptSocketAsync(Cancel);
            await socket.ReceiveAsync(buffer, Cancel);
            await socket.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), Cancel);
            if (i < connections - 1)
            {
                await socket.ReceiveAsync(buffer, Cancel); // the client has chosen this connection; now it dies
            }
        }
    }

    private static X509Certificate2 Certificate(string address, int notAfterDays)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=FastEcrProxy test", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddIpAddress(IPAddress.Parse(address));
        request.CertificateExtensions.Add(names.Build());
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-10), now.AddDays(notAfterDays));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
