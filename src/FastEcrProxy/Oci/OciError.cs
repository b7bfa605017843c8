namespace FastEcrProxy.Oci;

/// <summary>An error as OCI clients read it: a status, a code that they branch on, and a sentence for the person.</summary>
/// <remarks>Codes: distribution-spec, "Error codes"; <c>RANGE_INVALID</c> and <c>PAGINATION_NUMBER_INVALID</c> are Docker's.</remarks>
internal sealed record OciError(int Status, string Code, string Message)
{
    /// <summary>The status of who has to say, or say rightly, who they are.</summary>
    public const int UnauthorizedStatus = 401;

    /// <summary>There is no such repository.</summary>
    public const string NameUnknownCode = "NAME_UNKNOWN";

    /// <summary>How long the client should wait before it asks again.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What it is about, for the log alone: who tries passwords must not be told what was wrong with one.</summary>
    public string? Reason { get; init; }

    public static OciError NameInvalid(string message) => new(400, "NAME_INVALID", message);

    public static OciError DigestInvalid(string message) => new(400, "DIGEST_INVALID", message);

    public static OciError TagInvalid(string message) => new(400, "TAG_INVALID", message);

    public static OciError UploadInvalid(string message) => new(400, "BLOB_UPLOAD_INVALID", message);

    public static OciError NotFound(string code, string message) => new(404, code, message);

    /// <summary>
    /// For whoever may not see a repository, and for one that is not there: which of the two it is, is told to nobody.
    /// </summary>
    public static OciError Hidden(Repository repository) =>
        NotFound(NameUnknownCode, $"There is no repository {repository}, or it is not yours to see.");

    public static OciError Unsupported(string message) => new(405, "UNSUPPORTED", message);

    public static OciError Unauthorized(string message) => new(UnauthorizedStatus, "UNAUTHORIZED", message);

    public static OciError Denied(string message) => new(403, "DENIED", message);

    public static OciError TooManyRequests(string message, TimeSpan wait) => new(429, "TOOMANYREQUESTS", message) { RetryAfter = wait };

    public static OciError RangeInvalid(int status, string message) => new(status, "RANGE_INVALID", message);
}
