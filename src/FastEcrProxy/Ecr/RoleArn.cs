using System.Buffers;
using System.Diagnostics.CodeAnalysis;

namespace FastEcrProxy.Ecr;

/// <summary>
/// The name of an IAM role, <c>arn:aws:iam::123456789012:role/path/name</c>. Holding one proves the form, and tells in which
/// partition the role is: no credentials are good across partitions.
/// </summary>
/// <remarks>Characters and lengths: IAM's API reference, "Role" and "AssumeRole".</remarks>
internal sealed record RoleArn
{
    /// <summary>What one looks like, for sentences.</summary>
    public const string Example = "arn:aws:iam::123456789012:role/NAME";

    private const string AnyPartition = "aws";
    private const string Service = ":iam::";
    private const string Role = ":role/";
    private const int AccountLength = 12;
    private const int LengthMax = 2048;
    private const int NameLengthMax = 64;

    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789");
    private static readonly SearchValues<char> Partitions = SearchValues.Create("abcdefghijklmnopqrstuvwxyz-");
    private static readonly SearchValues<char> Path =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-/");

    private readonly string _text;

    private RoleArn(string text, string partition) => (_text, Partition) = (text, partition);

    /// <summary><c>aws</c>, <c>aws-cn</c>, <c>aws-us-gov</c>, …</summary>
    public string Partition { get; }

    public static bool TryParse(ReadOnlySpan<char> text, [NotNullWhen(true)] out RoleArn? arn)
    {
        arn = null;
        const string prefix = "arn:";
        if (text.Length > LengthMax || !text.StartsWith(prefix, StringComparison.Ordinal))
        {
            return false;
        }

        var partition = text[prefix.Length..];
        partition = partition[..Math.Max(0, partition.IndexOf(':'))];
        var rest = text[(prefix.Length + partition.Length)..];
        if (!partition.StartsWith(AnyPartition, StringComparison.Ordinal) || partition.ContainsAnyExcept(Partitions)
            || !rest.StartsWith(Service, StringComparison.Ordinal))
        {
            return false;
        }

        rest = rest[Service.Length..];
        if (rest.Length < AccountLength || rest[..AccountLength].ContainsAnyExcept(Digits)
            || !rest[AccountLength..].StartsWith(Role, StringComparison.Ordinal)
            || !IsPathAndName(rest[(AccountLength + Role.Length)..]))
        {
            return false;
        }

        arn = new RoleArn(text.ToString(), partition.ToString());
        return true;
    }

    /// <summary>Why this role is no use for a registry in that Region; null where nothing speaks against it.</summary>
    public string? MismatchWith(AwsRegion region) => Partition == region.Partition
        ? null
        : $"is a role of partition {Partition}, but {region.Name} is in partition {region.Partition}: "
            + "AWS accepts no credentials across partitions";

    public override string ToString() => _text;

    private static bool IsPathAndName(ReadOnlySpan<char> text)
    {
        var name = text[(text.LastIndexOf('/') + 1)..];
        return name.Length is > 0 and <= NameLengthMax && !text.ContainsAnyExcept(Path);
    }
}
