using System.Net;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Clients;

/// <summary>What some callers may do with some repositories. An empty list means anybody, anywhere, anything.</summary>
internal sealed record AccessRule
{
    /// <summary>Callers by name.</summary>
    public IReadOnlyList<NamePattern> Names { get; init; } = [];

    /// <summary>Callers by what they belong to; one of them is enough.</summary>
    public IReadOnlyList<NamePattern> Groups { get; init; } = [];

    /// <summary>Callers by where they come from.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];

    /// <summary>Repositories as clients call them.</summary>
    public IReadOnlyList<NamePattern> Repositories { get; init; } = [];

    /// <summary>What they may do; never empty.</summary>
    public required IReadOnlySet<ClientAction> Actions { get; init; }

    /// <summary>Whether it speaks of this caller.</summary>
    public bool IsFor(Caller caller, IPAddress address) =>
        Matches(Names, caller.Name)
        && (Groups.Count == 0 || caller.Groups.Any(group => Matches(Groups, group)))
        && (Networks.Count == 0 || Addresses.IsIn(address, Networks));

    /// <summary>Whether it speaks of this repository.</summary>
    public bool IsAbout(ReadOnlySpan<char> repository) => Matches(Repositories, repository);

    private static bool Matches(IReadOnlyList<NamePattern> patterns, ReadOnlySpan<char> name)
    {
        for (var i = 0; i < patterns.Count; i++)
        {
            if (patterns[i].Matches(name))
            {
                return true;
            }
        }

        return patterns.Count == 0;
    }
}
