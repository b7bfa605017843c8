using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Clients;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Server;

/// <summary>The settings that say whose tokens are believed.</summary>
internal static class IssuerSettings
{
    /// <param name="values">Everything that was written.</param>
    /// <param name="extraCertificates">CAs that are trusted where an issuer has none of its own.</param>
    public static IReadOnlyList<IssuerOptions> Read(SettingValues values, X509Certificate2Collection? extraCertificates)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return [.. IssuerFields.List.Items(values).Select(key => ReadOne(values, key, names, extraCertificates))];
    }

    private static IssuerOptions ReadOne(
        SettingValues values, string key, HashSet<string> names, X509Certificate2Collection? extraCertificates)
    {
        var options = new IssuerOptions
        {
            Name = ReadName(values, key, names),
            Issuer = Needed(values, key, IssuerFields.Issuer, "https://gitlab.example.com") ?? "",
            Audiences = Needed(values, key, IssuerFields.Audience, "registry.example.com") ?? [],
            NameClaim = ReadClaim(values, IssuerFields.NameClaim.At(key)),
            GroupsClaim = ReadClaim(values, IssuerFields.GroupsClaim.At(key)),
            RequiredClaims = ReadRequired(values, IssuerFields.RequiredClaims.At(key)),
            KeysFile = ReadKeysFile(values, key),
            KeysUri = values.Get(IssuerFields.KeysUri.At(key)),
            ExtraCertificates = ReadCertificates(values, IssuerFields.CaFile.At(key)) ?? extraCertificates,
        };
        CheckIssuer(values, key, options);
        return options;
    }

    private static string ReadName(SettingValues values, string key, HashSet<string> names)
    {
        var setting = IssuerFields.Name.At(key);
        if (Needed(values, key, IssuerFields.Name, "github") is not { } name)
        {
            return "";
        }

        if (name is CertificateCallers.Prefix or EcrCallers.Prefix)
        {
            values.Refuse(setting, "is what names of callers begin with who are known otherwise; take another");
        }
        else if (!names.Add(name))
        {
            values.Refuse(setting, "another issuer has that name; nobody could tell their callers apart");
        }

        return name;
    }

    private static T? Needed<T>(SettingValues values, string key, Setting<T> field, string example)
        where T : class
    {
        var setting = field.At(key);
        var value = values.Get(setting);
        if ((value is null or IReadOnlyList<string> { Count: 0 }) && !values.IsRefused(setting))
        {
            values.Refuse(setting, $"is needed; write \"{field.Key}\": \"{example}\"");
        }

        return value;
    }

    private static ClaimPath? ReadClaim(SettingValues values, Setting<string> setting)
    {
        if (values.Get(setting) is not { } text)
        {
            return null;
        }

        if (ClaimPath.TryParse(text, out var path))
        {
            return path;
        }

        values.Refuse(setting, "names no claim; write sub, or /kubernetes.io/serviceaccount/name for one inside of others");
        return null;
    }

    private static IReadOnlyList<RequiredClaim> ReadRequired(SettingValues values, Setting<IReadOnlyList<string>> setting)
    {
        var texts = values.Items(setting, static text =>
            RequiredClaim.TryParse(text, out _) ? null : $"{text} requires nothing; write repository_owner=acme, * for any part");
        return [.. texts.Select(static text => RequiredClaim.TryParse(text, out var required) ? required : null).OfType<RequiredClaim>()];
    }

    private static string? ReadKeysFile(SettingValues values, string key)
    {
        var setting = IssuerFields.KeysFile.At(key);
        if (values.Get(setting) is not { } path)
        {
            return null;
        }

        foreach (var other in new Setting[] { IssuerFields.KeysUri.At(key), IssuerFields.CaFile.At(key) }.Where(values.IsGiven))
        {
            values.Refuse(other, "has no use with KeysFile: nobody is asked");
        }

        if (TextFile.Read(path).Problem is { } problem)
        {
            values.Refuse(setting, problem);
        }
        else if (IssuerKeySource.ReadFile(path).Failure is not null)
        {
            values.Refuse(setting, "there is no key in it that tokens can be checked with; it has to be a JWK set, with kid");
        }

        return path;
    }

    private static X509Certificate2Collection? ReadCertificates(SettingValues values, Setting<string> setting)
    {
        if (values.Get(setting) is not { } path)
        {
            return null;
        }

        if (TextFile.Read(path).Problem is { } problem)
        {
            values.Refuse(setting, problem);
            return null;
        }

        try
        {
            return TrustedCertificates.Load(path);
        }
        catch (CryptographicException)
        {
            values.Refuse(setting, "there is no whole certificate in it; it has to be PEM, beginning with BEGIN CERTIFICATE");
            return null;
        }
    }

    private static void CheckIssuer(SettingValues values, string key, IssuerOptions options)
    {
        var setting = IssuerFields.Issuer.At(key);
        if (options.Issuer.Length == 0)
        {
            return; // said already
        }

        if (options is { KeysFile: null, KeysUri: null } && !IsAddress(options.Issuer))
        {
            values.Refuse(setting, "is not an https address where its keys could be asked for; give KeysUri or KeysFile too");
        }

        var required = IssuerFields.RequiredClaims.At(key);
        if (!values.IsRefused(required) && SharedIssuers.ProblemWith(options.Issuer, options.RequiredClaims) is { } problem)
        {
            values.Refuse(required, problem);
        }
    }

    private static bool IsAddress(string issuer) =>
        Uri.TryCreate(issuer, UriKind.Absolute, out var address)
        && IssuerKeySource.MayBeAsked(address)
        && address is { Query: "", Fragment: "" };
}
