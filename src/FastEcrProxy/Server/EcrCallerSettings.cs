using FastEcrProxy.Clients;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>Reads what holds for callers who show their own ECR token.</summary>
internal static class EcrCallerSettings
{
    /// <summary>What was written, or the defaults; what is wrong is kept in <paramref name="values"/>.</summary>
    /// <param name="values">Everything that was written.</param>
    /// <param name="isWay">Whether <c>ecr</c> is among <see cref="ClientTable.Ways"/>.</param>
    /// <param name="rules">Where requests go, and so who can be asked about a token.</param>
    public static EcrCallerOptions Read(SettingValues values, bool isWay, IReadOnlyList<RuleOptions> rules)
    {
        foreach (var setting in (ReadOnlySpan<Setting>)[ClientTable.EcrRemember, ClientTable.EcrRememberIfDown])
        {
            if (!isWay && values.IsGiven(setting))
            {
                values.Refuse(setting, "has no use without ecr in Clients.Ways");
            }
        }

        if (isWay && !rules.SelectMany(static rule => rule.Registries).Any(static registry => registry.Upstream.UsesEcrToken))
        {
            values.Refuse(
                ClientTable.Ways, "ecr is among them, and no registry here is a private ECR registry: nobody could be asked about a token");
        }

        return new EcrCallerOptions
        {
            Remember = values.Get(ClientTable.EcrRemember),
            RememberIfDown = values.Get(ClientTable.EcrRememberIfDown),
        };
    }
}
