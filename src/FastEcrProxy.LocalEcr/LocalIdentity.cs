using System.Collections.Concurrent;

namespace FastEcrProxy.LocalEcr;

/// <summary>
/// Somebody in an AWS account, with a key and permissions of their own, which may change at any time. The account's own key may do
/// everything.
/// </summary>
/// <param name="name">As denials and <see cref="RequestEntry.Identity"/> call it.</param>
public sealed class LocalIdentity(string name)
{
    /// <summary>Stands for every repository.</summary>
    public const string Anything = "*";

    private readonly ConcurrentDictionary<(string Repository, string Action), bool> _allowed = new();

    public string Name => name;

    public string AccessKeyId { get; } = $"AKIALOCAL{name.ToUpperInvariant()}";

    /// <summary>It opens nothing but this stand-in.</summary>
    public string SecretAccessKey { get; } = $"local/secret+key/of/{name}";

    /// <summary>Allows actions, as <see cref="EcrActions"/> groups them, in a repository of any account and Region.</summary>
    /// <param name="repository">
    /// Its name, after the account and a slash where only that account's is meant; or <see cref="Anything"/>.
    /// </param>
    /// <param name="actions">Without <c>ecr:</c>.</param>
    public LocalIdentity Allow(string repository, params IEnumerable<string> actions)
    {
        foreach (var action in actions)
        {
            _allowed[(repository, action)] = true;
        }

        return this;
    }

    /// <summary>Takes away what was allowed of a repository.</summary>
    public void Forbid(string repository, params IEnumerable<string> actions)
    {
        foreach (var action in actions)
        {
            _allowed.TryRemove((repository, action), out _);
        }
    }

    internal bool May(string accountId, string repository, string action) =>
        _allowed.ContainsKey((repository, action))
        || _allowed.ContainsKey(($"{accountId}/{repository}", action))
        || _allowed.ContainsKey((Anything, action));
}
