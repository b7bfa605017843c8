using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Amazon.Runtime.Internal.Endpoints.StandardLibrary;

namespace FastEcrProxy.Ecr;

/// <summary>
/// One AWS Region and the domain names that its partition (commercial, China, GovCloud, …) uses. New Regions need no new
/// version of the proxy: the SDK's table goes by the shape of the name.
/// </summary>
internal sealed record AwsRegion
{
    private const int WordsMin = 2; // us-east, then the number
    private const int LengthMax = 63; // it is one label of a host name

    private static readonly SearchValues<char> LowerLetters = SearchValues.Create("abcdefghijklmnopqrstuvwxyz");
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");

    private readonly string _dualStackApiSuffix;

    private AwsRegion(string name)
    {
        var partition = Fn.Partition(name);
        Name = name;
        Partition = partition.name;
        DnsSuffix = partition.dnsSuffix;
        _dualStackApiSuffix = partition.dualStackDnsSuffix;
    }

    /// <summary>As in <c>eu-central-1</c>.</summary>
    public string Name { get; }

    /// <summary>The part of AWS that the Region belongs to: <c>aws</c>, <c>aws-cn</c>, … Nothing is shared between them.</summary>
    public string Partition { get; }

    /// <summary>What names of IPv4 endpoints end in, as in <c>amazonaws.com</c>.</summary>
    public string DnsSuffix { get; }

    /// <summary>What names of dual-stack registries end in: <c>on.aws</c> where dual-stack APIs end in <c>api.aws</c>.</summary>
    public string DualStackRegistrySuffix => "on." + _dualStackApiSuffix["api.".Length..];

    /// <summary>Reads a Region name: words of lower-case letters and a number, joined by hyphens.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out AwsRegion? region)
    {
        region = null;
        var rest = text;
        var words = 0;
        while (rest.IndexOf('-') is > 0 and var hyphen && !rest[..hyphen].ContainsAnyExcept(LowerLetters))
        {
            words++;
            rest = rest[(hyphen + 1)..];
        }

        if (words < WordsMin || rest.IsEmpty || rest.ContainsAnyExcept(Digits) || text.Length > LengthMax)
        {
            return false;
        }

        region = new AwsRegion(text.ToString());
        return true;
    }

    /// <summary>Where ECR's API is, by ECR's endpoint rules; they are the same in all partitions.</summary>
    public Uri ControlPlane(bool fips, bool dualStack)
    {
        var service = fips ? "ecr-fips" : "ecr";
        return new Uri(dualStack
            ? $"https://{service}.{Name}.{_dualStackApiSuffix}"
            : $"https://api.{service}.{Name}.{DnsSuffix}");
    }

    /// <summary>Where the API of ECR Public is, by its endpoint rules; only us-east-1 has one.</summary>
    public Uri PublicControlPlane(bool fips, bool dualStack) =>
        new($"https://api.ecr-public{(fips ? "-fips" : "")}.{Name}.{(dualStack ? _dualStackApiSuffix : DnsSuffix)}");
}
