using FastEcrProxy.Admin;
using FastEcrProxy.Clients;
using FastEcrProxy.Http;
using FastEcrProxy.Observability;
using FastEcrProxy.Upstream;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>Everything that finds out who is calling, made of what was configured.</summary>
internal sealed class ClientParts : IDisposable
{
    private readonly ClientAuthenticator _authenticator;
    private readonly AccessRules _rules;
    private readonly CallerPermissions _permissions;
    private readonly SealedCredentials _tokens;
    private readonly List<IClientWay> _ways = [];

    /// <param name="options">Who may call.</param>
    /// <param name="logins">Asks ECR about callers' tokens.</param>
    /// <param name="metrics">Who is turned away is counted there.</param>
    /// <param name="time">The clock of all of it.</param>
    /// <param name="loggers">What changes is told there.</param>
    public ClientParts(ClientOptions options, EcrLogins logins, ProxyMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        foreach (var way in options.Ways.Where(static way => way is not ClientWay.None))
        {
            _ways.Add(Make(way, options, logins, time, loggers));
        }

        var attempts = new FailedAttempts(options.FailuresMost, options.FailureWindow, time);
        var ways = new ClientWays(_ways, letsAnybodyIn: options.Ways.Contains(ClientWay.None));
        _authenticator = new ClientAuthenticator(ways, attempts, metrics, time);
        _rules = new AccessRules(options.Rules);
        _tokens = new SealedCredentials(options.TokenSecret, time);
        _permissions = new CallerPermissions(options.Ecr, time);
        Gate = new ClientGate(_authenticator, _rules, _permissions, _tokens, options.AsksForTokens, options.TokenAddress, metrics);
    }

    /// <summary>Step 2 of every request.</summary>
    public ClientGate Gate { get; }

    /// <summary>Who may see what the admin port tells.</summary>
    /// <param name="allowsAnybody">Whether everybody may.</param>
    public AdminGate ForAdmin(bool allowsAnybody) => new(_authenticator, _rules, allowsAnybody);

    public void Dispose()
    {
        _permissions.Dispose();
        _tokens.Dispose();
        foreach (var way in _ways)
        {
            (way as IDisposable)?.Dispose();
        }
    }

    private static IClientWay Make(
        ClientWay way, ClientOptions options, EcrLogins logins, TimeProvider time, ILoggerFactory loggers)
    {
        switch (way)
        {
            case ClientWay.Networks:
                return new NetworkCallers(options.Networks);
            case ClientWay.Basic:
                var file = new HtpasswdFile(options.PasswordFile!, time, loggers.CreateLogger<HtpasswdFile>());
                file.Refresh(); // it has been looked at; if it is bad by now there are no users, and the log says so
                return new BasicCallers(file, time);
            case ClientWay.Mtls:
                return new CertificateCallers(options.CertificateName, time);
            case ClientWay.Jwt:
                return new JwtCallers(
                    options.Issuers, issuer => new IssuerDocuments(issuer.ExtraCertificates, time).GetAsync, time,
                    loggers.CreateLogger<JwtCallers>());
            case ClientWay.Ecr:
                return new EcrCallers(logins.CheckAsync, options.Ecr, time);
            default:
                throw new InvalidOperationException($"Nobody makes {way}.");
        }
    }
}
