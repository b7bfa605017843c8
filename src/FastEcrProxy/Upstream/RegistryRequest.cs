namespace FastEcrProxy.Upstream;

/// <summary>One question for the registry, without address and token.</summary>
/// <param name="Method">GET or HEAD.</param>
/// <param name="PathAndQuery">Begins with <c>/v2/</c>; already encoded.</param>
/// <param name="Scope">What it does where: what the registry is shown goes by this.</param>
internal sealed record RegistryRequest(HttpMethod Method, string PathAndQuery, RegistryScope Scope)
{
    /// <summary>The client's <c>Accept</c> values, unchanged: ECR converts a tagged manifest by them.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The value of a <c>Range</c> header, or null.</summary>
    public string? Range { get; init; }

    /// <summary>
    /// Whether only what a proxy in front of the registry has in its cache is wanted: 504 says that it has it not, and is not
    /// asked again.
    /// </summary>
    public bool OnlyIfCached { get; init; }

    /// <summary>A good answer's body is read whole, up to this many bytes. Null: it is left to the caller.</summary>
    public int? BodyBytesMax { get; init; }
}
