using System.Net.Security;
using FastEcrProxy.Observability;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>
/// The certificates that TLS ports show now. Looks into their files again and again, and takes what is new and whole for new
/// connections; what is damaged, missing or half written leaves the old one where it is.
/// </summary>
internal sealed partial class ServerCertificates : IAsyncDisposable
{
    /// <summary>A new certificate comes weeks before the old one ends, and files of secrets take a minute to reach a pod.</summary>
    internal static readonly TimeSpan LookPause = TimeSpan.FromSeconds(10);

    private readonly bool _http2;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly string?[] _complainedOf; // by the content that was complained of; one for each pair, and the CAs'
    private volatile CertificateTable _table;
    private Task _watching = Task.CompletedTask;

    /// <param name="options">With at least one certificate.</param>
    /// <param name="time">The clock of the looks.</param>
    /// <param name="metrics">Told how long the certificates are good, and of clients' certificates that are not.</param>
    /// <param name="loggers">Told what was taken and what was not.</param>
    public ServerCertificates(ListenOptions options, TimeProvider time, ProxyMetrics metrics, ILoggerFactory loggers)
    {
        (_http2, _time, _logger) = (options.Http2, time, loggers.CreateLogger<ServerCertificates>());
        Clients = new ClientCertificates(metrics, loggers.CreateLogger<ClientCertificates>());
        _complainedOf = new string?[options.Certificates.Count + 1];
        _table = new CertificateTable(options.Certificates, options.ClientAuthority, Clients, _http2);
        metrics.ObserveCertificates(SecondsLeft);
    }

    /// <summary>What clients show for themselves.</summary>
    public ClientCertificates Clients { get; }

    /// <summary>Whether clients are asked for a certificate.</summary>
    public bool AsksClients => _table.Authority is not null;

    /// <inheritdoc cref="CertificateTable.Find"/>
    public SslServerAuthenticationOptions Find(string? name) => _table.Find(name);

    /// <summary>Begins to look after the files.</summary>
    public void Start() => _watching = WatchAsync();

    /// <summary>One look at all files.</summary>
    internal void Look()
    {
        var now = _table;
        var certificates = now.Certificates.Select(Newest).ToList();
        var authority = Newest(now.Authority);
        if (ReferenceEquals(authority, now.Authority) && certificates.SequenceEqual(now.Certificates, ReferenceEqualityComparer.Instance))
        {
            return;
        }

        // Before anybody is told: what takes long is done here, and not in somebody's handshake.
        _table = new CertificateTable(certificates, authority, Clients, _http2);
        foreach (var taken in certificates.Except(now.Certificates, ReferenceEqualityComparer.Instance).Cast<ServerCertificate>())
        {
            Log.Taken(_logger, taken.CertificateFile, taken.Leaf.Subject, taken.Expires);
        }

        if (!ReferenceEquals(authority, now.Authority))
        {
            Log.AuthorityTaken(_logger, authority!.File, authority.Roots.Count);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _watching;
        _stop.Dispose();
    }

    /// <summary>Of the one that ends first.</summary>
    private double SecondsLeft() => _table.Certificates.Min(certificate => (certificate.Expires - _time.GetUtcNow()).TotalSeconds);

    private ServerCertificate Newest(ServerCertificate now, int number)
    {
        var files = CertificateFiles.Read(now.CertificateFile, now.KeyFile);
        if (files.Fingerprint == now.Fingerprint || files.Fingerprint == _complainedOf[number])
        {
            _complainedOf[number] = files.Fingerprint == now.Fingerprint ? null : _complainedOf[number];
            return now;
        }

        var (certificate, certificateProblem, keyProblem) = ServerCertificate.Load(files);
        _complainedOf[number] = certificate is null ? files.Fingerprint : null;
        if (certificate is null)
        {
            Complain(certificateProblem is null ? now.KeyFile : now.CertificateFile, certificateProblem ?? keyProblem!);
        }

        return certificate ?? now;
    }

    private ClientAuthority? Newest(ClientAuthority? now)
    {
        if (now is null)
        {
            return null;
        }

        var (authority, problem, fingerprint) = ClientAuthority.Load(now.File);
        ref var complainedOf = ref _complainedOf[^1];
        if (fingerprint == now.Fingerprint)
        {
            complainedOf = null;
            return now;
        }

        if (authority is null && fingerprint != complainedOf)
        {
            Complain(now.File, problem!);
        }

        complainedOf = authority is null ? fingerprint : null;
        return authority ?? now;
    }

    private void Complain(string file, string problem) => Log.Kept(_logger, file, problem);

    private async Task WatchAsync()
    {
        using var timer = new PeriodicTimer(LookPause, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                TryLook();
            }
        }
        catch (OperationCanceledException)
        {
            // stopping
        }
    }

    /// <summary>Whatever a file may hold: the old certificates are better than an end of all looks.</summary>
    private void TryLook()
    {
        try
        {
            Look();
        }
        catch (Exception failure)
        {
            Log.Failed(_logger, failure);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(1020, LogLevel.Information, "{File}: a new certificate for {Subject}, good until {Expires:u}, is shown from now on")]
        public static partial void Taken(ILogger logger, string file, string subject, DateTimeOffset expires);

        [LoggerMessage(1021, LogLevel.Information, "{File}: new CAs for clients' certificates are believed from now on: {Count}")]
        public static partial void AuthorityTaken(ILogger logger, string file, int count);

        [LoggerMessage(1022, LogLevel.Warning, "{File} has changed, and what was there before is still used: {Problem}")]
        public static partial void Kept(ILogger logger, string file, string problem);

        [LoggerMessage(1023, LogLevel.Error, "The files of certificates could not be looked into, and what was there before is still used")]
        public static partial void Failed(ILogger logger, Exception failure);
    }
}
