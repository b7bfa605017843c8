using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Where a request goes: step 3 of its life.</summary>
/// <param name="Rule">What the operator says about such requests.</param>
/// <param name="Registries">Who is asked.</param>
/// <param name="Key">The repository as the cache knows it.</param>
/// <param name="There">The repository's name in the registries.</param>
internal readonly record struct Destination(RuleOptions Rule, Registries Registries, RepositoryKey Key, Repository There)
{
    /// <summary>Two requests with the same registries and key mean the same, whatever else is known of them.</summary>
    public bool Equals(Destination other) => ReferenceEquals(Registries, other.Registries) && Key == other.Key;

    public override int GetHashCode() => Key.GetHashCode();

    /// <summary>Whether it was containerd's <c>ns</c> that led here, so that without it the next request might go elsewhere.</summary>
    public bool IsByNamespace => Rule.Shape is RuleShape.ByNamespace || Rule.Match.Namespaces.Count > 0;
}
