using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>What a request does where. Registries with tokens give one for each of these, and for nothing else.</summary>
/// <param name="Text">In the words of the distribution token specification, several joined by blanks; empty for a ping.</param>
internal readonly record struct RegistryScope(string Text)
{
    /// <summary>Whether the registry is there and takes what it is shown.</summary>
    public static RegistryScope Ping { get; } = new("");

    /// <summary>The list of repositories.</summary>
    public static RegistryScope Catalog { get; } = new("registry:catalog:*");

    /// <summary>Reading blobs, manifests, tags and referrers of one repository.</summary>
    public static RegistryScope Pull(Repository repository) => new($"repository:{repository}:pull");

    /// <summary>Writing to one repository, and having a blob mounted there from another where that is named.</summary>
    public static RegistryScope Push(Repository repository, Repository? from = null) =>
        new($"repository:{repository}:pull,push" + (from is { } source ? " " + Pull(source).Text : ""));

    /// <summary>Deleting from one repository.</summary>
    public static RegistryScope Delete(Repository repository) => new($"repository:{repository}:delete");

    public override string ToString() => Text;
}
