using System.Buffers.Text;
using System.Text;

namespace FastEcrProxy.Clients;

/// <summary>Reads what a client sends as <c>Authorization</c>. Forms: RFC 7617 and RFC 6750.</summary>
internal static class AuthorizationHeader
{
    private const string BasicScheme = "Basic ";
    private const string BearerScheme = "Bearer ";

    // Passwords are UTF-8 by what every client of registries sends; bytes that are none are nobody's password.
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>What was shown; a header that nobody can read is one with credentials that nobody knows.</summary>
    /// <param name="text">The header; null or empty where none was sent.</param>
    /// <param name="proof">What is known of the client besides.</param>
    public static ClientProof Read(string? text, ClientProof proof)
    {
        if (string.IsNullOrEmpty(text))
        {
            return proof;
        }

        if (text.StartsWith(BearerScheme, StringComparison.OrdinalIgnoreCase))
        {
            return proof with { Bearer = text[BearerScheme.Length..].Trim() };
        }

        if (!text.StartsWith(BasicScheme, StringComparison.OrdinalIgnoreCase)
            || !TryReadBasic(text.AsSpan(BasicScheme.Length).Trim(), out var user, out var password))
        {
            return proof with { User = "", Password = "" };
        }

        // podman and skopeo answer a challenge with empty names where they have none: nothing was tried, and nothing shown.
        return user.Length == 0 && password.Length == 0 ? proof : proof with { User = user, Password = password };
    }

    private static bool TryReadBasic(ReadOnlySpan<char> encoded, out string user, out string password)
    {
        (user, password) = ("", "");
        var bytes = new byte[Base64.GetMaxDecodedFromUtf8Length(encoded.Length)];
        if (!Convert.TryFromBase64Chars(encoded, bytes, out var length))
        {
            return false;
        }

        try
        {
            var pair = Strict.GetString(bytes.AsSpan(0, length));
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            (user, password) = colon < 0 ? ("", "") : (pair[..colon], pair[(colon + 1)..]);
            return colon >= 0;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
