namespace FastEcrProxy.Oci;

/// <summary>What an image runs on, as people and indexes write it: <c>linux/amd64</c>, <c>linux/arm/v7</c>.</summary>
/// <remarks>Names are Go's (GOOS, GOARCH): image-spec image-index.md, "platform".</remarks>
internal sealed record Platform(string Os, string Architecture, string? Variant = null)
{
    private const int PartsLeast = 2;
    private const int PartsMost = 3;

    /// <summary>Reads <c>os/architecture</c> or <c>os/architecture/variant</c>.</summary>
    public static bool TryParse(string text, out Platform? platform)
    {
        var parts = text.ToLowerInvariant().Split('/');
        var isPlatform = parts.Length is PartsLeast or PartsMost && parts.All(IsWord);
        platform = isPlatform ? new Platform(parts[0], parts[1], parts.Length == PartsMost ? parts[2] : null) : null;
        return isPlatform;
    }

    /// <summary>
    /// Whether who asks for this one takes the other. A variant that is not said is the usual one of the architecture:
    /// containerd and docker count arm64 as v8 and arm as v7.
    /// </summary>
    public bool Takes(Platform other) =>
        Os == other.Os && Architecture == other.Architecture && Usual(Variant) == Usual(other.Variant);

    public override string ToString() => Variant is null ? $"{Os}/{Architecture}" : $"{Os}/{Architecture}/{Variant}";

    private static bool IsWord(string text) =>
        text.Length > 0 && text.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');

    private string Usual(string? variant) => variant ?? Architecture switch
    {
        "arm64" => "v8",
        "arm" => "v7",
        "amd64" => "v1",
        _ => "",
    };
}
