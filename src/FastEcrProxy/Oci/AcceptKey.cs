namespace FastEcrProxy.Oci;

/// <summary>
/// What a client accepts, in one spelling: part of a tag's name in the cache, since a registry may answer the same tag
/// with another manifest to a client that accepts other types.
/// </summary>
internal readonly record struct AcceptKey
{
    private readonly string? _text; // null for none, so that it equals default
    private readonly int _hash; // of hundreds of characters: taken once, needed at every look into a table

    private AcceptKey(string? text) => (_text, _hash) = (text, text?.GetHashCode(StringComparison.Ordinal) ?? 0);

    /// <summary>The key of all <c>Accept</c> headers of a request: order, case, spaces and repetition make no difference.</summary>
    public static AcceptKey From(IEnumerable<string?> values)
    {
        var types = values
            .SelectMany(value => (value ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
            .Select(type => type.ToLowerInvariant())
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal);
        var text = string.Join(',', types);
        return new AcceptKey(text.Length > 0 ? text : null);
    }

    /// <summary>Whether an answer of this type would do: it is named, a wildcard covers it, or nothing was said.</summary>
    public bool Allows(string mediaType)
    {
        if (_text is null)
        {
            return true;
        }

        var type = mediaType.AsSpan(0, LengthWithoutParameters(mediaType));
        foreach (var part in _text.AsSpan().Split(','))
        {
            var allowed = _text.AsSpan(part);
            allowed = allowed[..LengthWithoutParameters(allowed)];
            if (allowed is "*/*" or "application/*" || allowed.Equals(type, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }

    public bool Equals(AcceptKey other) => _text == other._text;

    public override int GetHashCode() => _hash;

    /// <summary>The types joined by commas; empty where nothing was said.</summary>
    public override string ToString() => _text ?? "";

    private static int LengthWithoutParameters(ReadOnlySpan<char> type)
    {
        var semicolon = type.IndexOf(';');
        return (semicolon < 0 ? type : type[..semicolon]).TrimEnd().Length;
    }
}
