using System.Text.Json;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Clients;

/// <summary>Where the keys of an issuer are had from: a file, an address, or the address in the issuer's own configuration.</summary>
/// <remarks>Form: OpenID Connect Discovery 1.0, section 4.</remarks>
internal sealed class IssuerKeySource(IssuerOptions options, DocumentFetch fetch)
{
    private const string ConfigurationPath = "/.well-known/openid-configuration";
    private const int FileBytesMax = 256 << 10; // a hundred keys; a disk image given by mistake is longer

    public KeyTimes Times => options.KeysFile is null ? KeyTimes.OfIssuer : KeyTimes.OfFile;

    /// <summary>The keys as they are now.</summary>
    public async Task<Fetched<SigningKeys>> LoadAsync(CancellationToken cancel)
    {
        if (options.KeysFile is { } path)
        {
            return ReadFile(path);
        }

        if (options.KeysUri is { } known)
        {
            return await FetchKeysAsync(known, cancel);
        }

        var (found, failure) = await DiscoverAsync(cancel);
        return found is null ? failure! : await FetchKeysAsync(found, cancel);
    }

    public static Fetched<SigningKeys> ReadFile(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var buffer = new byte[FileBytesMax + 1];
            var length = RandomAccess.Read(file, buffer, 0);
            return length > FileBytesMax
                ? new FetchFailure(FetchError.BadAnswer, $"{path} is too large to be a set of keys.")
                : SigningKeys.Read(buffer[..length], path);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new FetchFailure(FetchError.Unreachable, $"{path} cannot be read: {error.Message}");
        }
    }

    /// <summary>Keys decide who is let in: what could be changed on the way is none. On this machine there is no way.</summary>
    public static bool MayBeAsked(Uri address) =>
        address.UserInfo.Length == 0
        && (address.Scheme == Uri.UriSchemeHttps || (address.Scheme == Uri.UriSchemeHttp && address.IsLoopback));

    private async Task<Fetched<SigningKeys>> FetchKeysAsync(Uri address, CancellationToken cancel)
    {
        var (document, failure) = await fetch(address, cancel);
        return document is null ? failure! : SigningKeys.Read(document, address.GetLeftPart(UriPartial.Path));
    }

    private async Task<Fetched<Uri>> DiscoverAsync(CancellationToken cancel)
    {
        var address = new Uri(options.Issuer.TrimEnd('/') + ConfigurationPath);
        var (document, failure) = await fetch(address, cancel);
        if (document is null)
        {
            return failure!;
        }

        if (Read(document) is not var (issuer, keys) || issuer is null || keys is null)
        {
            return Bad($"{address} is no configuration of an issuer: it has to have issuer and jwks_uri.");
        }

        if (issuer != options.Issuer)
        {
            return Bad($"{address} is of another issuer ({Shown(issuer)}): Issuer has to be written exactly so.");
        }

        // What is said on this machine stays there: nobody from elsewhere sends here without TLS.
        return Uri.TryCreate(keys, UriKind.Absolute, out var found) && MayBeAsked(found)
            && (found.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp)
            ? found
            : Bad($"{address} says that the keys are at {Shown(keys)}, which is not asked: it has to be https, without user name.");
    }

    private static (string? Issuer, string? Keys)? Read(byte[] document)
    {
        try
        {
            using var json = JsonDocument.Parse(document);
            return json.RootElement.ValueKind is JsonValueKind.Object
                ? (TextOf(json.RootElement, "issuer"), TextOf(json.RootElement, "jwks_uri"))
                : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException) // the second: a text that is none
        {
            return null;
        }
    }

    private static string? TextOf(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static FetchFailure Bad(string reason) => new(FetchError.BadAnswer, reason);

    private static string Shown(string text) => CallerName.IsUsable(text) ? text : "something unreadable";
}
