using System.Runtime.CompilerServices;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>
/// The private ECR registries that are asked whether a token is one, when nothing is known of what its owner wants:
/// <c>docker login</c> asks for no repository.
/// </summary>
/// <remarks>
/// Those that the configuration spells out: in a rule's list, as <c>Accounts</c> of a rule that goes by account, as whole names of
/// one that goes by <c>ns</c>. Of a rule that spells out none, the registry of the proxy's own account, as AWS names it with the
/// token. A token is good in every registry of its Region, whosoever they are, so one of a Region is enough; whichever takes it
/// first is believed. Where there is none at all, nobody can be asked.
/// </remarks>
internal sealed class LoginRegistries(IReadOnlyList<RuleOptions> rules, RegistryPool pool)
{
    private const int SilentMax = 2; // of one Region: the third would not answer either

    /// <summary>Whether some registry takes the token. Null: none does, and not all could be asked, or there is none.</summary>
    /// <param name="authorization">The value of the caller's <c>Authorization</c> header: a secret.</param>
    /// <param name="cancel">Ends the question.</param>
    public async ValueTask<bool?> TakeAsync(string authorization, CancellationToken cancel)
    {
        var (asked, silent) = (new HashSet<string>(), new List<string>());
        var isAsked = false;
        await foreach (var (group, registry) in AllAsync(cancel))
        {
            var region = registry.Client.TokenRegion ?? registry.Name;
            if (asked.Contains(region) || silent.Count(name => name == region) == SilentMax)
            {
                continue;
            }

            var verdict = group.PassesBy(registry)
                ? null
                : (await registry.Client.For(authorization).PingAsync(cancel)).Value; // a stranger's question says nothing of its health
            switch (verdict?.Kind)
            {
                case null:
                    silent.Add(region);
                    break;
                case CallerVerdict.Word.NotTaken:
                    asked.Add(region);
                    isAsked = true;
                    break;
                case CallerVerdict.Word.May:
                    return true;
                default:
                    isAsked = true; // it knows the token, and lets it do nothing, not even say so
                    break;
            }
        }

        return isAsked && silent.All(asked.Contains) ? false : null;
    }

    private async IAsyncEnumerable<(Registries Group, Registry Registry)> AllAsync(
        [EnumeratorCancellation] CancellationToken cancel)
    {
        foreach (var rule in rules)
        {
            foreach (var group in rule.Shape is RuleShape.Listed ? [pool.Of(rule)] : await NamedAsync(rule, cancel))
            {
                foreach (var registry in group.All.Where(static registry => registry.Client.TakesEcrTokens))
                {
                    yield return (group, registry);
                }
            }
        }
    }

    /// <summary>Of a rule whose registries have their names from requests: those of the names that are spelled out.</summary>
    private async ValueTask<IReadOnlyList<Registries>> NamedAsync(RuleOptions rule, CancellationToken cancel)
    {
        var names = rule.Shape is RuleShape.ByAccount
            ? rule.Match.Accounts
            : [.. rule.Match.Namespaces.Where(IsEcr).Select(static name => name.ToLowerInvariant())];
        if (names.Count == 0 && await OwnAsync(rule, cancel) is { } own)
        {
            names = [rule.Shape is RuleShape.ByAccount ? own.Account : own.RegistryName];
        }

        return [.. names.Select(name => pool.Of(rule, name, () => Named(rule, name))).OfType<Registries>()];
    }

    private async ValueTask<EcrHost?> OwnAsync(RuleOptions rule, CancellationToken cancel) =>
        await pool.OwnAsync(rule.Registries[0], cancel) is { } address && EcrHost.TryParse(address.IdnHost, out var own) ? own : null;

    private static bool IsEcr(string ns) => EcrHost.TryParse(ns, out _);

    private static IReadOnlyList<RegistryOptions>? Named(RuleOptions rule, string name) => rule.Shape is RuleShape.ByAccount
        ? RequestedRegistries.OfAccount(rule, name)
        : RequestedRegistries.Of(new RuleMatchResult(rule, default), name);
}
