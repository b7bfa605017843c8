using CsCheck;
using FastEcrProxy.Ecr;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

/// <summary>Rules and repositories for tests, from as little as matters there.</summary>
internal static class Rules
{
    public const string Account = "123456789012";
    public const string Eu = Account + ".dkr.ecr.eu-central-1.amazonaws.com";

    public static RuleOptions Rule(string name, RuleMatch? match = null, RuleShape shape = default) => new()
    {
        Name = name,
        Match = match ?? new RuleMatch(),
        Shape = shape,
        Registries = [Registry(Eu)],
    };

    public static RegistryOptions Registry(string ecrHost) =>
        EcrHost.TryParse(ecrHost, out var host)
            ? new RegistryOptions(host.Region, new UpstreamOptions { Host = host }, EcrOptions.For(host))
            : throw new ArgumentException("no ECR host: " + ecrHost);

    public static RegistryOptions Endpoint(string address) =>
        new(address, new UpstreamOptions { Endpoint = new Uri(address), UsesEcrToken = false }, new EcrOptions());

    public static Repository Repository(string name) =>
        FastEcrProxy.Oci.Repository.TryParse(name, out var repository)
            ? repository
            : throw new ArgumentException("no repository: " + name);

    public static Gen<T> OneOf<T>(params T[] items) => Gen.Int[0, items.Length - 1].Select(number => items[number]);

    /// <summary>The name of the rule that wins, or null.</summary>
    public static string? Winner(IReadOnlyList<RuleOptions> rules, string host, string? ns, string repository) =>
        new RuleTable(rules).Find(host, ns, Repository(repository))?.Rule.Name;
}
