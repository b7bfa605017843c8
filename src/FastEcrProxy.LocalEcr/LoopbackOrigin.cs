using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace FastEcrProxy.LocalEcr;

/// <summary>One HTTP/1.1 server on one loopback port, which can refuse connections for a while and come back.</summary>
internal sealed class LoopbackOrigin(
    IPAddress ip, int port, X509Certificate2? certificate, Faults faults, RequestDelegate answer)
    : IAsyncDisposable
{
    private const int BufferBytes = 1 << 20; // enough to keep a loopback connection busy while the next block is made

    private readonly SemaphoreSlim _turn = new(1);
    private WebApplication? _open;
    private Socket? _reservation;
    private Uri? _address;

    public Uri Address => _address ?? throw new InvalidOperationException("The origin was never opened.");

    public async Task OpenAsync(CancellationToken cancel)
    {
        await _turn.WaitAsync(cancel);
        try
        {
            if (_open is not null)
            {
                return;
            }

            Unreserve();
            var opening = Build(_address?.Port ?? port);
            try
            {
                await opening.StartAsync(cancel);
            }
            catch
            {
                await opening.DisposeAsync();
                throw;
            }

            _open = opening;
            _address ??= new Uri(opening.Urls.First());
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Drops every connection and refuses new ones. The port stays ours, so that nobody else answers on it.</summary>
    public async Task RefuseAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await CloseAsync();
            Unreserve();
            _reservation = new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            _reservation.Bind(new IPEndPoint(ip, Address.Port));
        }
        finally
        {
            _turn.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _turn.WaitAsync();
        try
        {
            await CloseAsync();
            Unreserve();
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task CloseAsync()
    {
        if (_open is { } open)
        {
            _open = null;
            await open.StopAsync();
            await open.DisposeAsync();
        }
    }

    private void Unreserve()
    {
        _reservation?.Dispose();
        _reservation = null;
    }

    private WebApplication Build(int listenPort)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        if (certificate is not null)
        {
            builder.WebHost.UseKestrelHttpsConfiguration();
        }

        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromMilliseconds(1));
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.MaxWriteBufferSize = BufferBytes);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxResponseBufferSize = BufferBytes;
            kestrel.Limits.MinResponseDataRate = null;
            kestrel.Limits.MaxRequestBodySize = null; // layers of any size are pushed here
            kestrel.Limits.MinRequestBodyDataRate = null; // as slowly as a test likes
            kestrel.Listen(ip, listenPort, Configure);
        });

        var app = builder.Build();
        app.Run(answer);
        return app;
    }

    private void Configure(ListenOptions listen)
    {
        listen.Protocols = HttpProtocols.Http1;
        listen.Use(next => async connection =>
        {
            connection.Features.Set(new RawConnection(connection));
            if (certificate is not null)
            {
                await faults.MovingAsync(connection.ConnectionClosed);
            }

            await next(connection);
        });
        if (certificate is not null)
        {
            listen.UseHttps(certificate);
        }
    }

    /// <summary>Leaves signals to the process that hosts the stand-in.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
