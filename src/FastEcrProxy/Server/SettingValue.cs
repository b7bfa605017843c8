namespace FastEcrProxy.Server;

/// <summary>What somebody wrote for a setting, and where.</summary>
/// <param name="Text">As written; the items of a list are joined by commas.</param>
/// <param name="Origin">For people: <c>from /etc/fast-ecr-proxy.json</c>, <c>from FEP_Cache__Size</c>, <c>default</c>.</param>
internal sealed record SettingValue(string Text, string Origin)
{
    /// <summary>The origin of what nobody wrote.</summary>
    public const string DefaultOrigin = "default";

    public static SettingValue From(string text, string source) => new(text, OriginOf(source));

    public static string OriginOf(string source) => "from " + source;
}
