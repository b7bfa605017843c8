namespace FastEcrProxy.Upstream;

/// <summary>A rule as every request is compared with it.</summary>
internal sealed class TableRule(RuleOptions options)
{
    private readonly NamespacePattern[] _namespaces = [.. options.Match.Namespaces.Select(static text => new NamespacePattern(text))];

    private readonly string[] _registries =
        [.. options.Registries.Select(static registry => registry.Upstream.Host?.RegistryName).OfType<string>()];

    private readonly string[] _endpoints =
        [.. options.Registries.Select(static registry => registry.Upstream.Endpoint?.Authority).OfType<string>()];

    public RuleOptions Options { get; } = options;

    private bool IsByAccount => Options.Shape is RuleShape.ByAccount;

    /// <summary>How well the rule fits; null where it does not take the request.</summary>
    /// <param name="host">What the client calls the proxy, without port.</param>
    /// <param name="ns">containerd's parameter, if it was sent.</param>
    /// <param name="repository">As the client calls it.</param>
    /// <param name="needsNamespace">Whether <c>ns</c> has to be known: some rule of the table lists which it takes.</param>
    public RuleSpecificity? Fit(ReadOnlySpan<char> host, ReadOnlySpan<char> ns, string repository, bool needsNamespace)
    {
        var match = Options.Match;
        if (match.Host is not null && !host.Equals(match.Host, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        ReadOnlySpan<char> account = default;
        ReadOnlySpan<char> name = repository;
        if (IsByAccount && !(RepositoryPrefix.TrySplitAccount(repository, out account, out name) && AllowsAccount(account)))
        {
            return null;
        }

        if (match.Prefix is not null && !RepositoryPrefix.Begins(name, match.Prefix))
        {
            return null;
        }

        var (characters, star) = FitOfNamespace(ns);
        if (characters == 0 && !TakesWithoutList(host, ns, account, needsNamespace))
        {
            return null;
        }

        var prefix = match.Prefix is null ? account.Length : repository.Length - name.Length + match.Prefix.Length;
        return new RuleSpecificity(characters, match.Host is not null, prefix, star, !IsByAccount, match.Accounts.Count > 0);
    }

    private bool AllowsAccount(ReadOnlySpan<char> account)
    {
        var accounts = Options.Match.Accounts;
        for (var i = 0; i < accounts.Count; i++)
        {
            if (account.SequenceEqual(accounts[i]))
            {
                return true;
            }
        }

        return accounts.Count == 0;
    }

    /// <summary>Of the closest entry of the list; zero where there is none.</summary>
    private (int Characters, int Star) FitOfNamespace(ReadOnlySpan<char> ns)
    {
        var closest = (Characters: 0, Star: 0);
        foreach (var pattern in _namespaces)
        {
            var fit = (pattern.IsExact ? RuleSpecificity.ExactNamespace : pattern.Text.Length, pattern.Star);
            if (fit.CompareTo(closest) > 0 && pattern.Matches(ns))
            {
                closest = fit;
            }
        }

        return closest;
    }

    private bool TakesWithoutList(ReadOnlySpan<char> host, ReadOnlySpan<char> ns, ReadOnlySpan<char> account, bool needsNamespace) =>
        _namespaces.Length == 0
        && (ns.IsEmpty || !needsNamespace || IsHost(ns, host) || IsRegistry(ns, account) || IsEndpoint(ns));

    /// <summary>The request's host comes without its port; what containerd calls the same server has it.</summary>
    private static bool IsHost(ReadOnlySpan<char> ns, ReadOnlySpan<char> host) =>
        ns.StartsWith(host, StringComparison.OrdinalIgnoreCase)
        && (ns.Length == host.Length || (ns[host.Length] == ':' && !ns[(host.Length + 1)..].Contains(':')));

    /// <summary>Of a rule that goes by account, the same registry of the account that the repository's name begins with.</summary>
    private bool IsRegistry(ReadOnlySpan<char> ns, ReadOnlySpan<char> account)
    {
        foreach (ReadOnlySpan<char> registry in _registries)
        {
            if (ns.Length == registry.Length
                && ns[account.Length..].Equals(registry[account.Length..], StringComparison.OrdinalIgnoreCase)
                && ns.StartsWith(account, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsEndpoint(ReadOnlySpan<char> ns)
    {
        foreach (var endpoint in _endpoints)
        {
            if (ns.Equals(endpoint, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
