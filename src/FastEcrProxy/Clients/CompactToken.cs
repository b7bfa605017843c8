using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace FastEcrProxy.Clients;

/// <summary>
/// A signed token as somebody sent it, taken apart and nothing of it believed yet. Read strictly, so that nobody can read
/// something else in it: one way to write each part, no claim twice.
/// </summary>
/// <remarks>Form: RFC 7515, compact serialization, of RFC 7519 claims.</remarks>
/// <param name="Text">As sent: a secret.</param>
/// <param name="Algorithm">Of the signature, as its header says.</param>
/// <param name="KeyId">Which of the issuer's keys it says that it is signed with.</param>
/// <param name="Issuer">Who it says has issued it.</param>
/// <param name="Claims">All of it, an object.</param>
internal sealed record CompactToken(string Text, string Algorithm, string KeyId, string Issuer, JsonElement Claims)
{
    /// <summary>Longest that is looked at. Issuers write one or two kilobytes, some five with many groups.</summary>
    public const int LengthMax = 16 << 10;

    private const int PartsCount = 3;
    private const int KeyIdLengthMax = 256;
    private const int DepthMax = 16;

    private static readonly SearchValues<char> Characters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");

    private static readonly JsonDocumentOptions Strict = new() { MaxDepth = DepthMax, AllowDuplicateProperties = false };
    private static readonly JsonReaderOptions Bounded = new() { MaxDepth = DepthMax };

    /// <summary>Whether it is of this kind at all, rightly written or not: else it is some other password or token.</summary>
    public static bool LooksLikeOne(string text)
    {
        const string objectInBase64 = "ey"; // of {" at its beginning: what every issuer writes
        return text.StartsWith(objectInBase64, StringComparison.Ordinal)
            && text.AsSpan().Count('.') == PartsCount - 1
            && !text.AsSpan().ContainsAnyExcept(Characters);
    }

    /// <summary>The token, or why nobody should believe it, whoever has signed it.</summary>
    public static (CompactToken? Token, string? Problem) Read(string text)
    {
        if (text.Length > LengthMax)
        {
            return (null, $"a token of {text.Length} characters, at most {LengthMax} are looked at");
        }

        var parts = text.Split('.');
        var bytes = parts.Select(Decode).ToArray();
        if (parts.Length != PartsCount || bytes.Contains(null)
            || Parse(bytes[0]!) is not { } header || Parse(bytes[1]!) is not { } claims)
        {
            return (null, "a token that is not written as tokens are");
        }

        if (header.TryGetProperty("crit", out _))
        {
            return (null, "a token with extensions that are not known here");
        }

        if (!IsTypeKnown(header))
        {
            return (null, "a token of a type that proves nothing here");
        }

        if (TextOf(header, "alg") is not { } algorithm || !SigningKeys.IsAlgorithmKnown(algorithm))
        {
            return (null, "a token that is not signed by one of the ways that are taken: RS, PS and ES with 256, 384 or 512");
        }

        if (TextOf(header, "kid") is not { Length: > 0 and <= KeyIdLengthMax } keyId)
        {
            return (null, "a token that does not say which key it is signed with");
        }

        return TextOf(claims, "iss") is { } issuer
            ? (new CompactToken(text, algorithm, keyId, issuer, claims), null)
            : (null, "a token without issuer");
    }

    /// <summary>A moment that the token names; null where it does not, or not as a number. What is out of range is cut.</summary>
    /// <param name="name">Of the claim.</param>
    public DateTimeOffset? TimeOf(string name) =>
        Claims.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out var seconds)
            ? DateTimeOffset.FromUnixTimeMilliseconds((long)(Math.Clamp(seconds, 0, uint.MaxValue) * 1000))
            : null;

    /// <summary>Without the token itself.</summary>
    public override string ToString() => $"token of {Issuer}";

    /// <summary>Tokens are typed so that one for something else is not taken for this; those of Kubernetes have no type.</summary>
    private static bool IsTypeKnown(JsonElement header) =>
        !header.TryGetProperty("typ", out var type)
        || (type.ValueKind is JsonValueKind.String && type.GetString()!.ToLowerInvariant() is "jwt" or "at+jwt" or "application/at+jwt");

    private static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    /// <summary>Null for what is no base64url, or not as it is written: leftover bits could be anything.</summary>
    private static byte[]? Decode(string part)
    {
        if (part.AsSpan().ContainsAnyExcept(Characters) || !Base64Url.IsValid(part))
        {
            return null;
        }

        var bytes = Base64Url.DecodeFromChars(part);
        return Base64Url.EncodeToString(bytes) == part ? bytes : null;
    }

    private static JsonElement? Parse(byte[] json)
    {
        try
        {
            ReadTexts(json);
            using var document = JsonDocument.Parse(json, Strict);
            return document.RootElement.ValueKind is JsonValueKind.Object ? document.RootElement.Clone() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Texts are only read when they are asked for: this asks for all, so that none of them surprises anybody later.</summary>
    /// <exception cref="InvalidOperationException">One is no text: bytes that are no UTF-8, or half a character.</exception>
    private static void ReadTexts(byte[] json)
    {
        var reader = new Utf8JsonReader(json, Bounded);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                reader.GetString();
            }
        }
    }
}
