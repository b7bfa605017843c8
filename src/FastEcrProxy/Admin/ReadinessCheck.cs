using System.Globalization;

namespace FastEcrProxy.Admin;

/// <summary>One thing that readiness looks at, and in words what it found: for the person who asks why.</summary>
/// <param name="Name">Its key in the JSON of <c>/readyz</c>.</param>
/// <param name="Ok">Whether it is as it should be. Not ok does not always mean not ready: see <see cref="Readiness"/>.</param>
/// <param name="Reason">One sentence. No secrets: anyone who reaches the admin port reads it.</param>
internal sealed record ReadinessCheck(string Name, bool Ok, string Reason)
{
    private const string Token = "token";

    public static ReadinessCheck TokenUsable(DateTimeOffset until) =>
        new(Token, true, until.UtcDateTime.ToString("'usable until 'yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));

    /// <summary>There is no token, or it has expired, and <paramref name="why"/> it was not renewed.</summary>
    public static ReadinessCheck TokenMissing(string why) => new(Token, false, why);

    /// <summary>The registry asks for none.</summary>
    public static ReadinessCheck TokenNotNeeded() => new(Token, true, "not needed");

    public static ReadinessCheck Draining(bool draining) =>
        new("draining", !draining, draining ? "shutting down: send new requests elsewhere" : "not shutting down");
}
