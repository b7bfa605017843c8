namespace FastEcrProxy.Upstream;

/// <summary>What a registry says of an upload.</summary>
/// <param name="Session">Where it goes on; null: it is over, and the repository has the layer.</param>
internal sealed record UploadReply(UploadSession? Session)
{
    /// <summary>How many bytes the registry says that it has; null where it does not say. ECR's is behind after the first chunk.</summary>
    public long? ReceivedBytes { get; init; }

    /// <summary>The registry's own <c>Docker-Upload-UUID</c>.</summary>
    public string? Id { get; init; }

    /// <summary>The registry's <c>OCI-Chunk-Min-Length</c>.</summary>
    public string? ChunkLengthLeast { get; init; }

    /// <summary>Whether the registry has said with a 201 that the layer is in the repository under its digest.</summary>
    public bool IsCreated { get; init; }
}
