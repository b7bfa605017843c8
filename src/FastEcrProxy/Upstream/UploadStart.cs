using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>What a client wants when it begins an upload; nothing of it for a plain one.</summary>
internal sealed record UploadStart
{
    /// <summary>A layer that another repository has, so that no bytes need be sent.</summary>
    public Digest? Mount { get; init; }

    /// <summary>Which repository of the same registry, as it is called there; null: the registry may look for it.</summary>
    public Repository? From { get; init; }

    /// <summary>The algorithm of the digest that the layer will have, where the client says so beforehand.</summary>
    public string? Algorithm { get; init; }
}
