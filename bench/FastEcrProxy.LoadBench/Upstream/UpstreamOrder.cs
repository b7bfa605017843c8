namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>What the stand-in for ECR is to do. Travels as one line of JSON; the first line is the order to start.</summary>
internal sealed record UpstreamOrder
{
    public UpstreamSpec? Start { get; init; }

    /// <summary>Counting begins anew.</summary>
    public bool Reset { get; init; }
}

/// <summary>What the stand-in serves, and how.</summary>
internal sealed record UpstreamSpec
{
    /// <summary>Served as blobs.</summary>
    public IReadOnlyList<string> LayerFiles { get; init; } = [];

    /// <summary>Served as manifests.</summary>
    public IReadOnlyList<string> ManifestFiles { get; init; } = [];

    /// <summary>Each connection to the layer store gets so much a second; zero is no limit.</summary>
    public long BytesPerSecond { get; init; }

    /// <summary>PEM files of certificate and key; with them registry and layer store speak TLS.</summary>
    public string? CertificateFile { get; init; }

    public string? KeyFile { get; init; }
}
