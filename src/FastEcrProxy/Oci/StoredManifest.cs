namespace FastEcrProxy.Oci;

/// <summary>A manifest as the registry sent it: the exact bytes that the digest names, and the type that they were sent as.</summary>
internal sealed record StoredManifest(Digest Digest, string MediaType, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Larger manifests are refused. Twice the 4 MiB that ECR takes (PutImage) and that clients read.</summary>
    public const int BytesMax = 8 << 20;

    /// <summary>The digest in quotes, as HTTP wants it: made once, sent with every answer.</summary>
    public string EntityTag { get; } = $"\"{Digest}\"";
}
