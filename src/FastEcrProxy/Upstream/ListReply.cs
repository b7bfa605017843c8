namespace FastEcrProxy.Upstream;

/// <summary>One page of tags, referrers or repositories, as the registry wrote it.</summary>
/// <param name="Bytes">The JSON itself.</param>
/// <param name="MediaType">As the registry sent it; ECR calls a list of tags <c>text/plain</c>.</param>
/// <param name="Next">The next page's query string (<c>n=100&amp;last=…</c>), never its host; null on the last page.</param>
internal sealed record ListReply(ReadOnlyMemory<byte> Bytes, string MediaType, string? Next)
{
    /// <summary>By what the registry has filtered referrers; null where it has not, so that clients do it themselves.</summary>
    public string? FiltersApplied { get; init; }
}
