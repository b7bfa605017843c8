using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace FastEcrProxy.LocalEcr;

/// <summary>Recomputes the Signature Version 4 of a request from the secret key, as AWS does.</summary>
internal sealed class SignatureCheck(LocalRegion region)
{
    private const string Algorithm = "AWS4-HMAC-SHA256";
    private const string DateFormat = "yyyyMMdd'T'HHmmss'Z'";

    private static readonly TimeSpan AllowedSkew = TimeSpan.FromMinutes(5); // what AWS allows

    /// <summary>Why the request is refused; null when its signature is right, and then <paramref name="signer"/> signed it.</summary>
    public ApiRefusal? Refusal(HttpRequest request, string service, ReadOnlySpan<byte> body, out LocalAccount? signer)
    {
        signer = null;
        if (Parts(request.Headers.Authorization.ToString()) is not { } parts)
        {
            return new("MissingAuthenticationTokenException", "Missing Authentication Token");
        }

        if (parts.Credential.Split('/') is not [var key, var day, var scope, var signedFor, "aws4_request"]
            || scope != region.Name || signedFor != service)
        {
            return new("InvalidSignatureException", $"Credential should be scoped to a valid region, not '{parts.Credential}'.");
        }

        signer = region.Neighbours.AccountOfKey(key);
        if (signer is null || (signer.SessionToken is { } token && request.Headers["X-Amz-Security-Token"] != token))
        {
            return new("UnrecognizedClientException", "The security token included in the request is invalid.");
        }

        var date = request.Headers["X-Amz-Date"].ToString();
        if (!DateTimeOffset.TryParseExact(
                date, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var signed)
            || !date.StartsWith(day, StringComparison.Ordinal)
            || (region.Options.SigningClock.GetUtcNow() - signed).Duration() > AllowedSkew)
        {
            return new("InvalidSignatureException", $"Signature not yet current or expired: {date}");
        }

        var canonical = CanonicalRequest(request, parts.SignedHeaders, body);
        return parts.Signature == Sign(signer.SecretAccessKey, date, region.Name, service, canonical)
            ? null
            : new(
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. "
                + "Check your AWS Secret Access Key and signing method. Consult the service documentation for details.");
    }

    /// <summary>The signature in lower-case hex.</summary>
    internal static string Sign(string secret, string date, string region, string service, string canonicalRequest)
    {
        var day = date[..8];
        var hash = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(canonicalRequest)));
        var text = $"{Algorithm}\n{date}\n{day}/{region}/{service}/aws4_request\n{hash}";
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var step in (ReadOnlySpan<string>)[day, region, service, "aws4_request"])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(step));
        }

        return Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
    }

    private static string CanonicalRequest(HttpRequest request, string signedHeaders, ReadOnlySpan<byte> body)
    {
        var target = request.HttpContext.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var path = target.Split('?')[0];
        var query = target.Contains('?', StringComparison.Ordinal) ? target[(target.IndexOf('?') + 1)..] : "";
        var text = new StringBuilder()
            .Append(request.Method).Append('\n')
            .Append(path).Append('\n')
            .AppendJoin('&', query.Split('&', StringSplitOptions.RemoveEmptyEntries).Order(StringComparer.Ordinal)).Append('\n');
        foreach (var name in signedHeaders.Split(';'))
        {
            var values = request.Headers[name]
                .Select(value => string.Join(' ', (value ?? "").Split(' ', StringSplitOptions.RemoveEmptyEntries)));
            text.Append(name).Append(':').AppendJoin(',', values).Append('\n');
        }

        return text.Append('\n').Append(signedHeaders).Append('\n')
            .Append(Convert.ToHexStringLower(SHA256.HashData(body))).ToString();
    }

    private static Authorization? Parts(string header)
    {
        if (!header.StartsWith(Algorithm + " ", StringComparison.Ordinal))
        {
            return null;
        }

        var named = header[Algorithm.Length..].Split(',')
            .Select(part => part.Trim().Split('=', 2))
            .Where(pair => pair.Length == 2)
            .DistinctBy(pair => pair[0])
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return named.TryGetValue("Credential", out var credential)
            && named.TryGetValue("SignedHeaders", out var headers)
            && named.TryGetValue("Signature", out var signature)
            ? new Authorization(credential, headers, signature)
            : null;
    }

    /// <summary>The parts of a signed request's Authorization header.</summary>
    private sealed record Authorization(string Credential, string SignedHeaders, string Signature);
}
