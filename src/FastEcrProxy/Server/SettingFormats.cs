using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Server;

/// <summary>Every way in which a setting can be written.</summary>
internal static class SettingFormats
{
    // Timers take no more than 49 days.
    public static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);
    public static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(10);

    public static readonly SettingFormat<IPEndPoint> Address = new(
        SettingKind.Address,
        (string text, [MaybeNullWhen(false)] out IPEndPoint value) => ListenAddress.TryParse(text, out value),
        "not an address to listen on; write 0.0.0.0:5000, [::]:5000, localhost:5000 or :5000; ports end at 65535");

    public static readonly SettingFormat<string> Host = new(
        SettingKind.Host, TryParseHost, "not a host name; write 123456789012.dkr.ecr.eu-central-1.amazonaws.com");

    public static readonly SettingFormat<Uri> Endpoint = new(
        SettingKind.Uri,
        TryParseEndpoint,
        "not the address of a server; write https://host or http://host:port, without path or password");

    public static readonly SettingFormat<Uri> Document = new(
        SettingKind.Uri, TryParseDocument, "not the address of a document; write https://host/path, http:// on this machine only");

    public static readonly SettingFormat<string> Path = new(
        SettingKind.Path, TryParsePath, "not a path; write /var/cache/fast-ecr-proxy");

    public static readonly SettingFormat<bool> Bool = new(SettingKind.Bool, TryParseBool, "neither true nor false");

    public static readonly SettingFormat<string> Region = new(
        SettingKind.Region, TryParseRegion, "not the name of an AWS Region; write eu-central-1");

    public static readonly SettingFormat<IReadOnlyList<string>> Hosts = new(
        SettingKind.List, TryParseHosts, "not a list of hosts; write bucket.example.com,127.0.0.1:9000");

    /// <summary>What is wrong with an item is <see cref="ClientNetworks"/>' to say.</summary>
    public static readonly SettingFormat<IReadOnlyList<string>> Networks = new(SettingKind.List, TrySplit, "not a list of networks");

    public static readonly SettingFormat<IReadOnlyList<string>> Paths = new(
        SettingKind.List, TryParsePaths, "not a list of paths; write /etc/fast-ecr-proxy/a.pem,/etc/fast-ecr-proxy/b.pem");

    public static SettingFormat<long> Size(long least) => new(
        SettingKind.Size,
        (string text, out long value) => ByteSize.TryParse(text, out value) && value >= least,
        least == 0
            ? "not a size; write 100GiB, 75g or a number of bytes"
            : $"not a size from {ByteSize.Format(least)} up; write 100GiB, 75g or a number of bytes");

    /// <summary>A size with two ends.</summary>
    public static SettingFormat<long> Size(long least, long most) => new(
        SettingKind.Size,
        (string text, out long value) => ByteSize.TryParse(text, out value) && value >= least && value <= most,
        $"not a size from {ByteSize.Format(least)} to {ByteSize.Format(most)}; write 64KiB or a number of bytes");

    /// <summary>How much in a second; nothing at all would be no limit but an end.</summary>
    public static SettingFormat<long> Bandwidth(long least, long most) => new(
        SettingKind.Size,
        (string text, out long value) => ByteSize.TryParse(text, out value) && (value == 0 || (value >= least && value <= most)),
        $"neither 0 nor a size per second from {ByteSize.Format(least)} to {ByteSize.Format(most)}; write 100MiB");

    public static SettingFormat<TimeSpan> Time(TimeSpan most) => new(
        SettingKind.Duration,
        (string text, out TimeSpan value) => Duration.TryParse(text, out value) && value <= most,
        $"not a duration, or one over {Duration.Format(most)}; write 30s, 12h, 1h30m, 250ms or 0");

    /// <summary>A time-out: zero would let nothing succeed.</summary>
    public static SettingFormat<TimeSpan> Timeout(TimeSpan least, TimeSpan most) => new(
        SettingKind.Duration,
        (string text, out TimeSpan value) => Duration.TryParse(text, out value) && value >= least && value <= most,
        $"not a time-out from {Duration.Format(least)} to {Duration.Format(most)}; write 5s, 250ms or 1m30s");

    public static SettingFormat<int> Number(int least, int most) => new(
        SettingKind.Number,
        (string text, out int value) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value) && value >= least && value <= most,
        $"not a number from {least} to {most}")
    {
        Bounds = (least, most),
    };

    public static SettingFormat<T> Choice<T>(params (string Word, T Value)[] words) => new(
        SettingKind.Choice,
        (string text, [MaybeNullWhen(false)] out T value) =>
        {
            var chosen = Array.FindIndex(words, word => word.Word.Equals(text.Trim(), StringComparison.OrdinalIgnoreCase));
            value = chosen < 0 ? default : words[chosen].Value;
            return chosen >= 0;
        },
        "not one of " + string.Join(", ", words.Select(word => word.Word)))
    {
        Choices = [.. words.Select(word => word.Word)],
    };

    /// <summary>A host's name as it is meant: aws-ecr-http-proxy's UPSTREAM has a scheme, <c>docker login</c> has not.</summary>
    public static string WithoutScheme(string text)
    {
        const string scheme = "https://";
        var bare = text.Trim();
        bare = bare.StartsWith(scheme, StringComparison.OrdinalIgnoreCase) ? bare[scheme.Length..] : bare;
        return bare.EndsWith('/') ? bare[..^1] : bare;
    }

    public static bool IsHostAndPort(string text)
    {
        var colon = text.StartsWith('[') ? text.IndexOf("]:", StringComparison.Ordinal) + 1 : text.LastIndexOf(':');
        var host = colon > 0 ? text[..colon] : text;
        return Uri.CheckHostName(host) is not UriHostNameType.Unknown
            && (colon <= 0 || ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out _));
    }

    private static bool TryParseHost(string text, [MaybeNullWhen(false)] out string host)
    {
        host = WithoutScheme(text);
        return IsHostAndPort(host);
    }

    private static bool TryParseEndpoint(string text, [MaybeNullWhen(false)] out Uri endpoint) =>
        Uri.TryCreate(text.Trim(), UriKind.Absolute, out endpoint)
        && (endpoint.Scheme == Uri.UriSchemeHttps || endpoint.Scheme == Uri.UriSchemeHttp)
        && endpoint.Host.Length > 0
        && endpoint.UserInfo.Length == 0
        && endpoint is { PathAndQuery: "/", Fragment: "" };

    private static bool TryParseDocument(string text, [MaybeNullWhen(false)] out Uri address) =>
        Uri.TryCreate(text.Trim(), UriKind.Absolute, out address)
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback))
        && address is { UserInfo: "", Fragment: "" };

    private static bool TryParsePath(string text, [MaybeNullWhen(false)] out string path)
    {
        var usable = !string.IsNullOrWhiteSpace(text) && !text.Contains('\0', StringComparison.Ordinal);
        path = usable ? System.IO.Path.GetFullPath(text) : null;
        return usable;
    }

    private static bool TryParseBool(string text, out bool value)
    {
        value = text.Trim().ToLowerInvariant() is "true" or "yes" or "on" or "1";
        return value || text.Trim().ToLowerInvariant() is "false" or "no" or "off" or "0";
    }

    private static bool TryParseRegion(string text, [MaybeNullWhen(false)] out string region)
    {
        region = text.Trim();
        return AwsRegion.TryParse(region, out _);
    }

    private static bool TryParseHosts(string text, [MaybeNullWhen(false)] out IReadOnlyList<string> hosts)
    {
        return TrySplit(text, out hosts) && hosts.All(IsHostAndPort);
    }

    private static bool TryParsePaths(string text, [MaybeNullWhen(false)] out IReadOnlyList<string> paths)
    {
        var usable = TrySplit(text, out var items) && items.All(item => TryParsePath(item, out _));
        paths = usable ? [.. items.Select(System.IO.Path.GetFullPath)] : null;
        return usable;
    }

    private static bool TrySplit(string text, out IReadOnlyList<string> items)
    {
        items = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return true;
    }
}
