using FastEcrProxy.Clients;
using FastEcrProxy.Http;
using FastEcrProxy.Observability;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>Everything that finds out who is calling, made of what was configured.</summary>
internal sealed class ClientParts : IDisposable
{
    private readonly SealedCredentials _tokens;
    private readonly List<IClientWay> _ways = [];

    public ClientParts(ClientOptions options, ProxyMetrics metrics, TimeProvider time, ILoggerFactory loggers)
    {
        foreach (var way in options.Ways.Where(static way => way is not ClientWay.None))
        {
            _ways.Add(Make(way, options, time, loggers));
        }

        var attempts = new FailedAttempts(options.FailuresMost, options.FailureWindow, time);
        var ways = new ClientWays(_ways, letsAnybodyIn: options.Ways.Contains(ClientWay.None));
        Authenticator = new ClientAuthenticator(ways, attempts, metrics, time);
        Rules = new AccessRules(options.Rules);
        _tokens = new SealedCredentials(options.TokenSecret, time);
        Gate = new ClientGate(Authenticator, Rules, _tokens, options.Challenge, metrics);
    }

    /// <summary>Step 2 of every request.</summary>
    public ClientGate Gate { get; }

    public ClientAuthenticator Authenticator { get; }

    public AccessRules Rules { get; }

    public void Dispose()
    {
        _tokens.Dispose();
        foreach (var way in _ways)
        {
            (way as IDisposable)?.Dispose();
        }
    }

    private static IClientWay Make(ClientWay way, ClientOptions options, TimeProvider time, ILoggerFactory loggers)
    {
        switch (way)
        {
            case ClientWay.Networks:
                return new NetworkCallers(options.Networks);
            case ClientWay.Basic:
                var file = new HtpasswdFile(options.PasswordFile!, time, loggers.CreateLogger<HtpasswdFile>());
                file.Refresh(); // it has been looked at; if it is bad by now there are no users, and the log says so
                return new BasicCallers(file, time);
            default:
                throw new InvalidOperationException($"Nobody makes {way}.");
        }
    }
}
