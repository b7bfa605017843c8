namespace FastEcrProxy.Upstream;

/// <summary>One question for the registry, without address and token.</summary>
/// <param name="Method">What is to be done.</param>
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

    /// <summary>What is sent, where it is at hand whole and may be sent again.</summary>
    public RequestBytes? Bytes { get; init; }

    /// <summary>Whether the question changes something, so that it is not asked once more where the first answer was lost.</summary>
    public bool IsOnce { get; init; }

    /// <summary>Whether its answer, if it is not about what was shown, proves that the registry takes that.</summary>
    public bool ProvesCredential { get; init; }

    /// <summary>How long the head of the answer is waited for; null: as always.</summary>
    public TimeSpan? Patience { get; init; }
}

/// <summary>A request's body in memory: a manifest.</summary>
/// <param name="Content">The bytes themselves.</param>
/// <param name="MediaType">As the client wrote it; null where it wrote none.</param>
internal sealed record RequestBytes(ReadOnlyMemory<byte> Content, string? MediaType);
