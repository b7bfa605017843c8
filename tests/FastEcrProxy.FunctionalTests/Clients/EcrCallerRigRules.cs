using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.Regions;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Clients;

/// <summary>Rules of the other shapes, each before the one registry that a stand-in has for a name.</summary>
internal static class EcrCallerRigRules
{
    /// <summary>By account, for one account, since a local registry has an address of its own.</summary>
    public static RuleOptions OfAccount(LocalRegion region, LocalEcrServer ecr, bool isListed = true)
    {
        var registry = Company.Registry(ecr[region.Name, region.AccountId]);
        return new RuleOptions
        {
            Name = $"of-{region.AccountId}",
            Shape = RuleShape.ByAccount,
            Match = new RuleMatch { Accounts = isListed ? [region.AccountId] : [] },
            Registries = [At(registry, registry.Upstream.Host!.OfAccount(EcrHost.AnyAccount))],
            Push = true,
        };
    }

    /// <summary>By <c>ns</c>, whatever it names.</summary>
    public static RuleOptions ByNamespace(LocalRegion region) => new()
    {
        Name = "ns",
        Shape = RuleShape.ByNamespace,
        Registries = [At(Company.Registry(region), null)],
    };

    private static RegistryOptions At(RegistryOptions registry, EcrHost? host) =>
        registry with { Upstream = registry.Upstream with { Host = host } };
}
