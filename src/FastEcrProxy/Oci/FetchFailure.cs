namespace FastEcrProxy.Oci;

/// <summary>An expected failure with what a person needs to act on it.</summary>
/// <param name="Error">Who is to blame, and whether trying again can help.</param>
/// <param name="Reason">One sentence for log and client: what failed, where, what to do. Never a token, never a presigned URL.</param>
internal sealed record FetchFailure(FetchError Error, string Reason)
{
    /// <summary>The registry's own OCI error code where it sent one (<c>NAME_UNKNOWN</c>, <c>MANIFEST_UNKNOWN</c>, …).</summary>
    public string? Code { get; init; }

    /// <summary>The status that the registry answered with, where it refused.</summary>
    public int? Status { get; init; }

    /// <summary>How long the registry asked to be left alone.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>The blob's whole length, known even where the range asked for lies past its end.</summary>
    public long? TotalBytes { get; init; }
}

/// <summary>What was asked for, or why it could not be had: exactly one of the two.</summary>
internal readonly record struct Fetched<T>(T? Value, FetchFailure? Failure)
    where T : class
{
    public static implicit operator Fetched<T>(T value) => new(value, null);

    public static implicit operator Fetched<T>(FetchFailure failure) => new(null, failure);
}
