using System.Globalization;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>
/// The query of a request about an upload: what the registry wants to be told, exactly as the client brought it back, and the
/// proxy's own parameter, which the registry never sees.
/// </summary>
/// <remarks>
/// The proxy's parameter says how many bytes the upload has. ECR is wrong about that after the first chunk, and what the proxy
/// kept for itself another one behind the same load balancer would not know. Of a chain of proxies each has a number of its own.
/// </remarks>
internal readonly record struct UploadQuery
{
    private const string ReceivedKey = "fep-received";
    private const string DigestKey = "digest";
    private const int ChainMax = 9; // proxies behind each other

    private UploadQuery(string rest, long? received, Digest? digest) => (Rest, Received, Digest) = (rest, received, digest);

    /// <summary>What the registry is told, without <c>?</c>.</summary>
    public string Rest { get; }

    /// <summary>How many bytes the upload has; null where the client does not say.</summary>
    public long? Received { get; }

    /// <summary>What the layer is called, where the upload ends.</summary>
    public Digest? Digest { get; }

    /// <summary>Reads what follows the path, with or without <c>?</c>.</summary>
    public static OciError? TryParse(string? queryString, out UploadQuery query)
    {
        query = default;
        List<(string Key, string Text)> pairs = [.. Split(queryString)];
        if (pairs.Exists(static pair => !QueryText.IsWellFormed(pair.Text)))
        {
            return OciError.UploadInvalid("The upload's query has characters that no query may have.");
        }

        var own = Enumerable.Range(1, ChainMax).Select(OwnKey).LastOrDefault(key => pairs.Exists(pair => pair.Key == key));
        long? received = null;
        Digest? digest = null;
        foreach (var (key, text) in pairs)
        {
            var value = Uri.UnescapeDataString(text[Math.Min(text.Length, text.IndexOf('=', StringComparison.Ordinal) + 1)..]);
            if (key == own)
            {
                if (received is not null || !TryNumber(value, out var bytes))
                {
                    return OciError.UploadInvalid($"{own} is the proxy's own: bring it back as it was in the Location.");
                }

                received = bytes;
            }
            else if (key == DigestKey)
            {
                if (digest is not null || !Oci.Digest.TryParse(value, out var named))
                {
                    return OciError.DigestInvalid("digest is not one, or there are several: sha256: and 64 lower-case hex digits.");
                }

                digest = named;
            }
        }

        var rest = pairs.Where(pair => pair.Key != own && pair.Key != RequestNames.NamespaceKey).Select(static pair => pair.Text);
        query = new UploadQuery(string.Join('&', rest), received, digest);
        return null;
    }

    /// <summary>The query of a <c>Location</c>: the registry's own, and how far the upload is.</summary>
    /// <param name="session">The upload.</param>
    /// <param name="received">How many bytes it has; null where nobody knows.</param>
    /// <param name="ns">containerd's word for the registry where it led here: the client need not remember it. Else null.</param>
    public static string Of(UploadSession session, long? received, string? ns)
    {
        List<string> pairs = session.Query.Length == 0 ? [] : [session.Query];
        if (ns is not null)
        {
            pairs.Add($"{RequestNames.NamespaceKey}={Uri.EscapeDataString(ns)}");
        }

        if (received is { } bytes)
        {
            var taken = Split(session.Query).Select(static pair => pair.Key).ToHashSet();
            var own = Enumerable.Range(1, ChainMax).Select(OwnKey).FirstOrDefault(key => !taken.Contains(key));
            pairs.AddRange(own is null ? [] : [string.Create(CultureInfo.InvariantCulture, $"{own}={bytes}")]);
        }

        return string.Join('&', pairs);
    }

    private static string OwnKey(int number) => number == 1 ? ReceivedKey : $"{ReceivedKey}-{number}";

    /// <summary>
    /// The parameters and their names. The proxy's stands last, and a client that does not look for a query puts another <c>?</c>
    /// after it: ECR's own addresses have none.
    /// </summary>
    private static IEnumerable<(string Key, string Text)> Split(string? query)
    {
        query = query is ['?', .. var rest] ? rest : query; // a second one is part of a name
        foreach (var text in (query ?? "").Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = text.StartsWith(ReceivedKey, StringComparison.Ordinal)
                ? text.Split('?', StringSplitOptions.RemoveEmptyEntries)
                : [text];
            foreach (var part in parts)
            {
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                yield return (Uri.UnescapeDataString(equals < 0 ? part : part[..equals]), part);
            }
        }
    }

    private static bool TryNumber(string text, out long bytes) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out bytes) && bytes < long.MaxValue / 2;
}
