using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using FastEcrProxy.Server;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.FunctionalTests.Tls;

/// <summary>A data port whose answer says what a request was seen as, on a clock that the test moves.</summary>
internal sealed class EchoPort : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly ILoggerFactory _loggers;
    private readonly ConnectionParts _parts;
    private readonly WebApplication _port;

    private EchoPort(ListenOptions options)
    {
        _loggers = LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Debug).AddProvider(Log));
        var meters = _services.GetRequiredService<IMeterFactory>();
        _parts = ConnectionParts.Of(options, new Disk(Time), Time, new ProxyMetrics(meters), _loggers);
        _port = DataPort.Build(options, _loggers, meters, _parts, AnswerAsync);
    }

    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    public CapturedLog Log { get; } = new();

    public ServerCertificates Certificates => _parts.Certificates!;

    public int Number { get; private set; }

    public static async Task<EchoPort> StartAsync(ListenOptions options)
    {
        var port = new EchoPort(options with { Address = new IPEndPoint(IPAddress.Loopback, 0) });
        await port._port.StartAsync(TestContext.Current.CancellationToken);
        var url = port._port.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        port.Number = BindingAddress.Parse(url).Port;
        return port;
    }

    /// <summary>Sends bytes as they are; what comes after them may be TLS.</summary>
    public async Task<Socket> ConnectAsync(params byte[] first)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Number, TestContext.Current.CancellationToken);
        await socket.SendAsync(first, TestContext.Current.CancellationToken);
        return socket;
    }

    /// <summary>Shakes hands with whatever certificate is shown.</summary>
    public async Task<SslStream> ConnectTlsAsync(string name, X509Certificate2? own = null, params byte[] first)
    {
        var stream = new SslStream(new NetworkStream(await ConnectAsync(first), ownsSocket: true), false, static (_, _, _, _) => true);
        var options = new SslClientAuthenticationOptions { TargetHost = name };
        if (own is not null)
        {
            options.ClientCertificateContext = SslStreamCertificateContext.Create(own, null, offline: true);
        }

        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken);
        return stream;
    }

    /// <summary>What one request was seen as.</summary>
    public static async Task<string> AskAsync(Stream stream, params string[] headers)
    {
        var request = string.Join("\r\n", ["GET / HTTP/1.1", "Host: x", "Connection: close", .. headers, "", ""]);
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var answer = await reader.ReadToEndAsync(TestContext.Current.CancellationToken);
        return answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
    }

    public async ValueTask DisposeAsync()
    {
        await _port.DisposeAsync();
        await _parts.DisposeAsync();
        await _services.DisposeAsync();
        _loggers.Dispose();
    }

    private static async Task AnswerAsync(HttpContext http)
    {
        var shown = http.Connection.ClientCertificate?.Subject ?? "nobody";
        var text = Encoding.ASCII.GetBytes($"{http.Request.Protocol} {http.Request.Scheme} {http.Connection.RemoteIpAddress} {shown}");
        http.Response.ContentLength = text.Length;
        await http.Response.Body.WriteAsync(text, http.RequestAborted);
    }
}
