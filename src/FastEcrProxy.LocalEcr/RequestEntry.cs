namespace FastEcrProxy.LocalEcr;

/// <summary>One request as it arrived, for asserts on what was asked and with which credentials. Holds no secret.</summary>
public sealed class RequestEntry
{
    private volatile int _status;

    public required OriginName Origin { get; init; }

    public required RequestKind Kind { get; init; }

    public required string Method { get; init; }

    /// <summary>The path, without the query.</summary>
    public required string Path { get; init; }

    /// <summary>The query with its question mark; empty at the layers origin, where it is a credential.</summary>
    public required string Query { get; init; }

    public required bool HasAuthorization { get; init; }

    /// <summary>Which registry token came, as <see cref="RegistryToken.Id"/>; null when none or none of this Region.</summary>
    public string? TokenId { get; init; }

    /// <summary>Whose token came; null when none or none of this Region.</summary>
    public string? TokenAccountId { get; init; }

    /// <summary>Which identity's token came; null when none, or one of an account's own key.</summary>
    public string? Identity { get; init; }

    public string? Range { get; init; }

    public string? Accept { get; init; }

    /// <summary>The digest in the path, or the one a layer URL stands for; null when there is none.</summary>
    public string? Digest { get; init; }

    /// <summary>The HTTP status answered; zero while the request is still being answered.</summary>
    public int Status
    {
        get => _status;
        internal set => _status = value;
    }

    public override string ToString() => $"{Origin} {Method} {Path}{Query} {Range} -> {Status} ({TokenId ?? "no token"})";
}
