using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using FastEcrProxy.Ecr;
using FastEcrProxy.Observability;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Every registry of every rule, with its connections, its tokens and its health; those that a request names are made when they are
/// first asked for. Two rules that name the same registry know its health apart: their time-outs may differ.
/// </summary>
internal sealed class RegistryPool : IDisposable
{
    // Names that requests have made up must not fill the memory: beyond this the ones longest known are forgotten, health and all.
    private const int NamedMax = 1000;

    private readonly ProxyMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILoggerFactory _loggers;
    private readonly UpstreamEvents _events;
    private readonly Func<UpstreamOptions, EcrOptions, Connections, IRegistryAuth> _authOf;
    private readonly Dictionary<RegistryOptions, Connections> _connections = [];
    private readonly Dictionary<RuleOptions, Registries> _listed = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<(string Rule, string Name), Registries> _named = new(); // by the names of both
    private readonly ConcurrentQueue<(string Rule, string Name)> _namedInOrder = new();

    /// <param name="rules">All of them.</param>
    /// <param name="authOf">What a registry is shown: <see cref="RegistryAuths.Of"/>.</param>
    /// <param name="metrics">Told of answers, failures and outages.</param>
    /// <param name="time">The clock of all time-outs and pauses.</param>
    /// <param name="loggers">For everything that is made here.</param>
    /// <param name="connect">Makes the connections to one of them; null for real ones.</param>
    public RegistryPool(
        IReadOnlyList<RuleOptions> rules, Func<UpstreamOptions, EcrOptions, Connections, IRegistryAuth> authOf,
        ProxyMetrics metrics, TimeProvider time, ILoggerFactory loggers, Func<UpstreamOptions, Connections>? connect = null)
    {
        (_metrics, _time, _loggers, _authOf) = (metrics, time, loggers, authOf);
        _events = new UpstreamEvents(metrics, loggers.CreateLogger<UpstreamEvents>());
        foreach (var registry in rules.SelectMany(rule => rule.Registries))
        {
            if (!_connections.ContainsKey(registry))
            {
                _connections.Add(registry, connect?.Invoke(registry.Upstream) ?? new Connections(registry.Upstream, time));
            }
        }

        foreach (var rule in rules.Where(rule => rule.Shape is RuleShape.Listed))
        {
            _listed.Add(rule, Make(rule, rule.Registries, rule.Name));
        }

        metrics.ObserveRegistries(() => Groups.SelectMany(group => group.All).GroupBy(registry => registry.Name).Select(
            static same => new Measurement<int>(
                same.Count(registry => registry.Health.IsOpen), new KeyValuePair<string, object?>("registry", same.Key))));
    }

    /// <summary>The registries that are known now, rule by rule.</summary>
    public IEnumerable<Registries> Groups => _listed.Values.Concat(_named.Values);

    /// <summary>The registries of a rule whose list says all about them.</summary>
    public Registries Of(RuleOptions rule) => _listed[rule];

    /// <summary>The registries of a rule that has patterns for them.</summary>
    /// <param name="rule">Which one.</param>
    /// <param name="name">What the request says: an account, or a registry's host.</param>
    /// <param name="named">What they are with that name filled in, in the rule's order; null where it names none.</param>
    public Registries? Of(RuleOptions rule, string name, Func<IReadOnlyList<RegistryOptions>?> named)
    {
        if (_named.TryGetValue((rule.Name, name), out var known))
        {
            return known;
        }

        if (named() is not { } options)
        {
            return null;
        }

        var scope = rule.Shape is RuleShape.ByNamespace ? $"{rule.Name}@{name}" : rule.Name; // an account is part of the repository's name
        var made = Make(rule, options, scope);
        if (!_named.TryAdd((rule.Name, name), made))
        {
            return _named.GetValueOrDefault((rule.Name, name), made); // somebody else was first
        }

        _namedInOrder.Enqueue((rule.Name, name));
        while (_named.Count > NamedMax && _namedInOrder.TryDequeue(out var oldest))
        {
            _named.TryRemove(oldest, out _);
        }

        return made;
    }

    /// <summary>
    /// The proxy's own registry where a rule has a pattern for ECR's, as AWS names it with the token; null where it is not known.
    /// </summary>
    public async ValueTask<Uri?> OwnAsync(RegistryOptions pattern, CancellationToken cancel) =>
        pattern.Upstream.UsesEcrToken
            ? (await _authOf(pattern.Upstream, pattern.Ecr, _connections[pattern]).ShowAsync(RegistryScope.Ping, cancel)).Value?.Registry
            : null;

    public void Dispose()
    {
        foreach (var connections in _connections.Values)
        {
            connections.Dispose();
        }
    }

    /// <param name="rule">How they are to be asked.</param>
    /// <param name="options">What they are, in the rule's order.</param>
    /// <param name="scope">What the cache calls the place that they are.</param>
    private Registries Make(RuleOptions rule, IReadOnlyList<RegistryOptions> options, string scope)
    {
        Registry[] registries =
            [.. options.Select((registry, number) => Make(registry, rule.Registries[number], options.Count == 1))];
        var made = new Registries(registries, rule, scope, _events);
        made.Repositories = RepositoryCreator.For(rule, options[Array.IndexOf(registries, made.Primary)]);
        return made;
    }

    private Registry Make(RegistryOptions options, RegistryOptions pattern, bool isAlone)
    {
        var connections = _connections[pattern];
        var auth = _authOf(options.Upstream, options.Ecr, connections);
        var client = new RegistryClient(
            options.Upstream, connections, auth, _metrics, _time, _loggers.CreateLogger<RegistryClient>());
        var health = new RegistryHealth(_time, change => _events.CircuitChanged(options.Name, change), isAlone);
        return new Registry(options.Name, client, health, _time);
    }
}
