using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace FastEcrProxy.Clients;

/// <summary>
/// Where a claim stands in a token: its name, whatever characters it has (<c>repository_owner</c>, <c>https://example.com/team</c>),
/// or with a slash in front the way to one inside of others (<c>/kubernetes.io/serviceaccount/name</c>).
/// </summary>
/// <remarks>With a slash it is a JSON pointer, RFC 6901: in a name <c>~1</c> stands for a slash, <c>~0</c> for a tilde.</remarks>
internal sealed class ClaimPath
{
    private readonly string _text;
    private readonly string[] _names;

    private ClaimPath(string text, string[] names) => (_text, _names) = (text, names);

    public static bool TryParse(string text, [MaybeNullWhen(false)] out ClaimPath path)
    {
        var names = text.StartsWith('/') ? text[1..].Split('/') : [text];
        var isGood = names.All(static name => name.Length > 0) && (!text.StartsWith('/') || names.All(IsEscapedRightly));
        path = !isGood ? null : new ClaimPath(text, text.StartsWith('/') ? [.. names.Select(Unescape)] : names);
        return isGood;
    }

    /// <summary>The claim, or null where the token has none there.</summary>
    public JsonElement? Find(JsonElement claims)
    {
        foreach (var name in _names)
        {
            if (claims.ValueKind is not JsonValueKind.Object || !claims.TryGetProperty(name, out claims))
            {
                return null;
            }
        }

        return claims;
    }

    /// <summary>What the claim says, one text or several: those of a list. Null where it is something that has no text.</summary>
    public IReadOnlyList<string>? Texts(JsonElement claims)
    {
        if (Find(claims) is not { } claim)
        {
            return [];
        }

        if (claim.ValueKind is not JsonValueKind.Array)
        {
            return TextOf(claim) is { } text ? [text] : null;
        }

        var texts = claim.EnumerateArray().Select(TextOf).OfType<string>().ToArray();
        return texts.Length == claim.GetArrayLength() ? texts : null;
    }

    public override string ToString() => _text;

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };

    private static bool IsEscapedRightly(string name) => !Unescape(name, "", "").Contains('~', StringComparison.Ordinal);

    private static string Unescape(string name) => Unescape(name, "/", "~");

    private static string Unescape(string name, string slash, string tilde) =>
        name.Replace("~1", slash, StringComparison.Ordinal).Replace("~0", tilde, StringComparison.Ordinal);
}
