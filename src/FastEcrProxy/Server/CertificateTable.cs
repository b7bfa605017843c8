using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace FastEcrProxy.Server;

/// <summary>
/// Which certificate is shown to whom, with all that a handshake needs of it made ready once. Never changes: a new certificate
/// makes a new table.
/// </summary>
internal sealed class CertificateTable
{
    private readonly Dictionary<string, SslServerAuthenticationOptions> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly SslServerAuthenticationOptions _first;

    /// <param name="certificates">At least one; the first is for who names nothing that is known.</param>
    /// <param name="authority">Whose clients may show a certificate; null: nobody is asked for one.</param>
    /// <param name="clients">Judges what they show.</param>
    /// <param name="http2">Whether HTTP/2 is offered.</param>
    public CertificateTable(
        IReadOnlyList<ServerCertificate> certificates, ClientAuthority? authority, ClientCertificates clients, bool http2)
    {
        (Certificates, Authority) = (certificates, authority);
        var ready = certificates.Select(certificate => Ready(certificate, authority, clients, http2)).ToList();
        _first = ready[0];
        foreach (var (certificate, options) in certificates.Zip(ready))
        {
            foreach (var name in certificate.Names)
            {
                _byName.TryAdd(name, options);
            }
        }
    }

    public IReadOnlyList<ServerCertificate> Certificates { get; }

    public ClientAuthority? Authority { get; }

    /// <summary>What to shake hands with.</summary>
    /// <param name="name">What the client calls the server (SNI); null or empty: nothing.</param>
    public SslServerAuthenticationOptions Find(string? name)
    {
        if (string.IsNullOrEmpty(name))
        {
            return _first;
        }

        if (_byName.TryGetValue(name, out var exact))
        {
            return exact;
        }

        // A star stands for the first label, all of it and no more.
        var dot = name.IndexOf('.', StringComparison.Ordinal);
        return dot > 0 && _byName.TryGetValue(string.Concat("*", name.AsSpan(dot)), out var wildcard) ? wildcard : _first;
    }

    private static SslServerAuthenticationOptions Ready(
        ServerCertificate certificate, ClientAuthority? authority, ClientCertificates clients, bool http2)
    {
        var options = new SslServerAuthenticationOptions
        {
            // Offline: nobody waits for a server of the CA's. The object also holds what resumed sessions need.
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate.Leaf, certificate.Chain, offline: true),
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ApplicationProtocols = http2
                ? [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11]
                : [SslApplicationProtocol.Http11],
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ClientCertificateRequired = authority is not null, // asked for; who has none may come in
        };
        if (authority is not null)
        {
            options.CertificateChainPolicy = authority.ChainPolicy();
            options.RemoteCertificateValidationCallback = clients.Judge;
        }

        return options;
    }
}
