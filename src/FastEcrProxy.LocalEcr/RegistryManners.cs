namespace FastEcrProxy.LocalEcr;

/// <summary>
/// What a registry does otherwise than the OCI distribution spec says, each with who reported it. The default is all that
/// is known of private ECR.
/// </summary>
public sealed record RegistryManners
{
    /// <summary>A registry that does everything by the book.</summary>
    public static RegistryManners Spec { get; } = new()
    {
        PartIsCreated = false,
        RangeIsStale = false,
        LocationIsAbsolute = false,
        WrongDigestIsUploadInvalid = false,
        WrongManifestDigestIsManifestInvalid = false,
        BlobsStay = false,
    };

    /// <summary>PATCH of an upload is answered 201, not 202 (openai/tart#273, jdx/mise#11376).</summary>
    public bool PartIsCreated { get; init; } = true;

    /// <summary>
    /// <c>Range</c> tells the end of the first PATCH for ever, though later ones are stored; who believes it and sends them
    /// again gets 416 (aws/containers-roadmap#2831, crashappsec/chalk#682).
    /// </summary>
    public bool RangeIsStale { get; init; } = true;

    /// <summary><c>Location</c> is a whole URL on the registry's own host; the spec allows both.</summary>
    public bool LocationIsAbsolute { get; init; } = true;

    /// <summary>Bytes that do not match their digest: BLOB_UPLOAD_INVALID, not DIGEST_INVALID (dotnet/sdk-container-builds#424).</summary>
    public bool WrongDigestIsUploadInvalid { get; init; } = true;

    /// <summary>
    /// A manifest that does not match the digest in its path: MANIFEST_INVALID, not DIGEST_INVALID
    /// (google/go-containerregistry#1568).
    /// </summary>
    public bool WrongManifestDigestIsManifestInvalid { get; init; } = true;

    /// <summary>DELETE of a blob is 405: ECR's API has nothing that would do it.</summary>
    public bool BlobsStay { get; init; } = true;

    /// <summary>Uploads are answered with <c>Location</c> alone, as some registries do; not ECR.</summary>
    public bool UploadHeadersAreMissing { get; init; }
}
