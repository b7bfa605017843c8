namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>Where the stand-in is and what it has been asked so far. Travels as one line of JSON.</summary>
internal sealed record UpstreamAnswer
{
    /// <summary>Set in the answer to the first order.</summary>
    public UpstreamAddress? Address { get; init; }

    /// <summary>GETs of blobs at the registry, each answered with a redirect.</summary>
    public long BlobGets { get; init; }

    public long ManifestGets { get; init; }

    /// <summary>All requests at the registry.</summary>
    public long RegistryRequests { get; init; }

    /// <summary>GETs at the layer store, whole and ranged.</summary>
    public long LayerGets { get; init; }

    /// <summary>Body bytes that the layer store gave to its sockets, whether or not they arrived.</summary>
    public long LayerBytes { get; init; }

    public string? Failure { get; init; }
}

/// <summary>All that one has to know to put a proxy in front of the stand-in.</summary>
internal sealed record UpstreamAddress
{
    public required Uri Registry { get; init; }

    public required Uri Layers { get; init; }

    public required Uri ControlPlane { get; init; }

    public required string EcrHost { get; init; }

    public required string AccessKeyId { get; init; }

    public required string SecretAccessKey { get; init; }

    /// <summary>What follows <c>Basic</c> in the header, for those who cannot ask for a token themselves.</summary>
    public required string Authorization { get; init; }

    /// <summary>In the order of the specification.</summary>
    public required IReadOnlyList<string> LayerDigests { get; init; }

    public required IReadOnlyList<string> ManifestDigests { get; init; }
}
