using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Http;
using FastEcrProxy.Observability;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>
/// Sees to it that a request's client certificate is one that <see cref="ClientAuthority"/> stands for, or none. A client with
/// another one is not turned away: it may have something else to show.
/// </summary>
internal sealed partial class ClientCertificates(ProxyMetrics metrics, ILogger<ClientCertificates> logger)
{
    private const int SubjectLengthMax = 200;

    // Of connections whose certificate was found good. What is not here counts as not shown, however that came about.
    private readonly ConditionalWeakTable<SslStream, X509Certificate2> _good = new();

    /// <summary>Called within the handshake, when the chain was checked. Never ends it.</summary>
    public bool Judge(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is X509Certificate2 shown && sender is SslStream stream)
        {
            if (errors is SslPolicyErrors.None)
            {
                _good.AddOrUpdate(stream, shown);
            }
            else
            {
                metrics.ClientCertificateRefused();
                Log.Refused(
                    logger, LogText.Of(shown.Subject, SubjectLengthMax),
                    string.Join(", ", chain?.ChainStatus.Select(static status => status.Status) ?? []));
            }
        }

        return true;
    }

    /// <summary>One connection, from the end of its handshake to closed.</summary>
    public Task RunAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var stream = connection.Features.Get<ISslStreamFeature>()?.SslStream;
        var shown = stream is not null && _good.TryGetValue(stream, out var good) ? good : null;
        connection.Features.Set<ITlsConnectionFeature>(new Shown(shown)); // the server's own hands out whatever was shown
        return next(connection);
    }

    private static partial class Log
    {
        [LoggerMessage(
            1024, LogLevel.Debug, "A client showed a certificate of {Subject} that Clients.CertificateAuthority does not stand for: {Why}")]
        public static partial void Refused(ILogger logger, string subject, string why);
    }

    /// <summary>What a request sees of it.</summary>
    private sealed class Shown(X509Certificate2? certificate) : ITlsConnectionFeature
    {
        public X509Certificate2? ClientCertificate { get; set; } = certificate;

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult(ClientCertificate);
    }
}
