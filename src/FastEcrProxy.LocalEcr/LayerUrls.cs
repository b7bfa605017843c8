using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>
/// Presigned layer URLs of one Region. The method, host, path and expiry are signed; the query carries what S3's would.
/// </summary>
internal sealed class LayerUrls(string region, string accessKeyId, LocalEcrOptions options)
{
    private const string DateFormat = "yyyyMMdd'T'HHmmss'Z'";

    private readonly byte[] _secret = RandomNumberGenerator.GetBytes(32);
    private int _session = 1;

    /// <summary>What a layer URL is worth.</summary>
    public enum Verdict { Unsigned, WrongSignature, Expired, Valid }

    /// <summary>URLs signed up to now are answered as expired, as when the signing session ends before its time.</summary>
    public void RevokeAll() => Interlocked.Increment(ref _session);

    public string Sign(string method, Uri origin, string path)
    {
        var now = options.Clock.GetUtcNow();
        var credential = $"{accessKeyId}/{now:yyyyMMdd}/{region}/s3/aws4_request";
        var query = new Parameters(
            Date: now.UtcDateTime.ToString(DateFormat, CultureInfo.InvariantCulture),
            Expires: ((long)options.LayerUrlLifetime.TotalSeconds).ToString(CultureInfo.InvariantCulture),
            Credential: credential,
            Session: Volatile.Read(ref _session).ToString(CultureInfo.InvariantCulture));
        return $"{origin.GetLeftPart(UriPartial.Authority)}{path}?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={query.Date}"
            + $"&X-Amz-SignedHeaders=host&X-Amz-Expires={query.Expires}&X-Amz-Credential={Uri.EscapeDataString(credential)}"
            + $"&X-Amz-Security-Token={query.Session}&X-Amz-Signature={Signature(method, origin.Authority, path, query)}";
    }

    public Verdict Check(HttpRequest request)
    {
        var sent = request.Query;
        if (!sent.TryGetValue("X-Amz-Signature", out var signature) || sent["X-Amz-Algorithm"] != "AWS4-HMAC-SHA256")
        {
            return Verdict.Unsigned;
        }

        var query = new Parameters(
            sent["X-Amz-Date"].ToString(),
            sent["X-Amz-Expires"].ToString(),
            sent["X-Amz-Credential"].ToString(),
            sent["X-Amz-Security-Token"].ToString());
        var expected = Signature(request.Method, request.Host.Value ?? "", request.Path.Value ?? "", query);
        return signature == expected ? Age(query) : Verdict.WrongSignature;
    }

    private Verdict Age(Parameters query)
    {
        var signed = DateTimeOffset.ParseExact(
            query.Date, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);
        var expires = signed.AddSeconds(long.Parse(query.Expires, CultureInfo.InvariantCulture));
        var revoked = query.Session != Volatile.Read(ref _session).ToString(CultureInfo.InvariantCulture);
        return revoked || expires <= options.Clock.GetUtcNow() ? Verdict.Expired : Verdict.Valid;
    }

    private string Signature(string method, string host, string path, Parameters query)
    {
        var text = string.Join('\n', method, host, path, query.Date, query.Expires, query.Credential, query.Session);
        return Convert.ToHexStringLower(HMACSHA256.HashData(_secret, Encoding.UTF8.GetBytes(text)));
    }

    /// <summary>What is signed besides method and path.</summary>
    private readonly record struct Parameters(string Date, string Expires, string Credential, string Session);
}
