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
        LocationHasState = true,
        RepositoriesMustExist = false,
        WrongDigestIsUploadInvalid = false,
        WrongManifestDigestIsManifestInvalid = false,
        BlobsStay = false,
        ConvertsManifests = false,
        ListsAreOpaque = false,
    };

    /// <summary>ECR Public: as private ECR, and worse with credentials.</summary>
    public static RegistryManners EcrPublic { get; } = new()
    {
        BadTokenIsBadRequest = true,
        HeadBlob = HeadBlobAnswer.Unauthorized,
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

    /// <summary>
    /// <c>Location</c> of an upload has a query that is another one each time and has to be sent back; as distribution does, which
    /// the spec allows. Not ECR.
    /// </summary>
    public bool LocationHasState { get; init; }

    /// <summary>A push to a repository that does not exist is 404 NAME_UNKNOWN (ECR user guide); otherwise it is created.</summary>
    public bool RepositoriesMustExist { get; init; } = true;

    /// <summary>Bytes that do not match their digest: BLOB_UPLOAD_INVALID, not DIGEST_INVALID (dotnet/sdk-container-builds#424).</summary>
    public bool WrongDigestIsUploadInvalid { get; init; } = true;

    /// <summary>
    /// A manifest that does not match the digest in its path: MANIFEST_INVALID, not DIGEST_INVALID
    /// (google/go-containerregistry#1568).
    /// </summary>
    public bool WrongManifestDigestIsManifestInvalid { get; init; } = true;

    /// <summary>DELETE of a blob is 405: ECR's API has nothing that would do it.</summary>
    public bool BlobsStay { get; init; } = true;

    /// <summary>
    /// A manifest asked for by tag is converted between Docker's and OCI's type where only the other is accepted
    /// (ECR user guide, "Container image manifest format support").
    /// </summary>
    public bool ConvertsManifests { get; init; } = true;

    /// <summary>
    /// Tags and repositories come as text/plain, with absolute links and opaque marks, tags in no order, and no more than 1000
    /// at once (google/go-containerregistry#681).
    /// </summary>
    public bool ListsAreOpaque { get; init; } = true;

    /// <summary>How HEAD of a blob is answered until a test orders otherwise. ECR Public: aws/containers-roadmap#2671.</summary>
    public HeadBlobAnswer HeadBlob { get; init; }

    /// <summary>An expired or wrong bearer token is 400 without a challenge; ECR Public (aws/containers-roadmap#2835).</summary>
    public bool BadTokenIsBadRequest { get; init; }

    /// <summary>Uploads are answered with <c>Location</c> alone, as some registries do; not ECR.</summary>
    public bool UploadHeadersAreMissing { get; init; }
}
