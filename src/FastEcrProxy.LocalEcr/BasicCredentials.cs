using System.Text;

namespace FastEcrProxy.LocalEcr;

/// <summary>A user name and a password, as an Authorization header brings them.</summary>
internal sealed record BasicCredentials(string User, string Password)
{
    private const string Scheme = "Basic ";

    /// <summary>Null when the header is missing or something else.</summary>
    public static BasicCredentials? Parse(string? authorization)
    {
        var bytes = new byte[authorization?.Length ?? 0];
        if (authorization is null
            || !authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            || !Convert.TryFromBase64Chars(authorization.AsSpan(Scheme.Length).Trim(), bytes, out var length))
        {
            return null;
        }

        var pair = Encoding.UTF8.GetString(bytes, 0, length).Split(':', 2);
        return pair.Length == 2 ? new(pair[0], pair[1]) : null;
    }
}
