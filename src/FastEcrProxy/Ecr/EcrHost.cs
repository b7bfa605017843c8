using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace FastEcrProxy.Ecr;

/// <summary>
/// The name of one private ECR registry, <c>{account}.dkr.ecr.{region}.amazonaws.com</c> and its kin. Holding one proves that
/// the name is AWS's own, and tells everything that follows from it: where tokens come from and where layers may come from.
/// </summary>
/// <remarks>
/// Forms: FIPS <c>.dkr.ecr-fips.</c>, dual-stack <c>.dkr-ecr.{region}.on.aws</c>, both together, in every partition.
/// The registry of ECR Public (<c>public.ecr.aws</c>) has other rules and is not one of these.
/// </remarks>
internal sealed record EcrHost
{
    /// <summary>An account's number has so many digits.</summary>
    public const int AccountLength = 12;

    /// <summary>Stands for every account where a rule takes the account from the request.</summary>
    public const string AnyAccount = "000000000000";

    private const string Scheme = "https://";
    private const int LengthMax = 253; // RFC 1035: a longer name cannot be looked up

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    private readonly AwsRegion _region;

    private EcrHost(string account, AwsRegion region, bool fips, bool dualStack)
    {
        (Account, _region, Fips, DualStack) = (account, region, fips, dualStack);
        var fipsPart = fips ? "-fips" : "";
        RegistryName = dualStack
            ? $"{account}.dkr-ecr{fipsPart}.{region.Name}.{region.DualStackRegistrySuffix}"
            : $"{account}.dkr.ecr{fipsPart}.{region.Name}.{region.DnsSuffix}";
    }

    /// <summary>The twelve digits of the account that owns the registry.</summary>
    public string Account { get; }

    /// <summary>The Region, as in <c>eu-central-1</c>. Tokens are good in this one only.</summary>
    public string Region => _region.Name;

    /// <summary>Whether the name asks for FIPS 140 endpoints.</summary>
    public bool Fips { get; }

    /// <summary>Whether the name resolves to IPv6 addresses too.</summary>
    public bool DualStack { get; }

    /// <summary>The host name itself, in lower case.</summary>
    public string RegistryName { get; }

    /// <summary>Where the registry is spoken to.</summary>
    public Uri Registry => new(Scheme + RegistryName);

    /// <summary>Where tokens for the registry are asked for.</summary>
    public Uri ControlPlane => _region.ControlPlane(Fips, DualStack);

    /// <summary>Reads a host name, with or without <c>https://</c> and a trailing slash, in any case.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out EcrHost? host)
    {
        host = null;
        if (text.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            text = text[Scheme.Length..];
        }

        if (text.EndsWith('/'))
        {
            text = text[..^1];
        }

        if (text.Length is <= AccountLength or > LengthMax || text[..AccountLength].ContainsAnyExcept(Digits))
        {
            return false;
        }

        Span<char> lower = stackalloc char[text.Length];
        return Ascii.ToLower(text, lower, out _) == OperationStatus.Done
            && TryParseLower(lower[..AccountLength].ToString(), lower[AccountLength..], out host);
    }

    /// <summary>
    /// Whether the registry may send a client to that host for a layer: the bucket that ECR keeps for the Region, by the names
    /// that S3 gives it. Whole names are compared, so that nothing which merely ends like one gets through.
    /// </summary>
    public bool AllowsRedirectTo(string host)
    {
        var bucket = $"prod-{Region}-starport-layer-bucket";
        ReadOnlySpan<string> endpoints = ["s3", "s3.dualstack", "s3-fips", "s3-fips.dualstack"];
        foreach (var endpoint in endpoints)
        {
            if (Ascii.EqualsIgnoreCase(host, $"{bucket}.{endpoint}.{Region}.{_region.DnsSuffix}"))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The registry of another account in the same Region.</summary>
    /// <param name="account">Twelve digits.</param>
    public EcrHost OfAccount(string account) => new(account, _region, Fips, DualStack);

    public override string ToString() => RegistryName;

    private static bool TryParseLower(string account, ReadOnlySpan<char> afterAccount, [NotNullWhen(true)] out EcrHost? host)
    {
        host = null;
        if (!TryReadService(afterAccount, out var fips, out var dualStack, out var regionAndSuffix))
        {
            return false;
        }

        var dot = regionAndSuffix.IndexOf('.');
        if (dot < 0 || !AwsRegion.TryParse(regionAndSuffix[..dot], out var region))
        {
            return false;
        }

        var suffix = regionAndSuffix[(dot + 1)..];
        if (!suffix.SequenceEqual(dualStack ? region.DualStackRegistrySuffix : region.DnsSuffix))
        {
            return false;
        }

        host = new EcrHost(account, region, fips, dualStack);
        return true;
    }

    private static bool TryReadService(
        ReadOnlySpan<char> text, out bool fips, out bool dualStack, out ReadOnlySpan<char> rest)
    {
        ReadOnlySpan<(string Label, bool Fips, bool DualStack)> services =
        [
            (".dkr.ecr.", false, false),
            (".dkr.ecr-fips.", true, false),
            (".dkr-ecr.", false, true),
            (".dkr-ecr-fips.", true, true),
        ];
        foreach (var service in services)
        {
            if (text.StartsWith(service.Label, StringComparison.Ordinal))
            {
                (fips, dualStack) = (service.Fips, service.DualStack);
                rest = text[service.Label.Length..];
                return true;
            }
        }

        (fips, dualStack) = (false, false);
        rest = default;
        return false;
    }
}
