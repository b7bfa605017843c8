namespace FastEcrProxy.Ecr;

/// <summary>The name of a host with one part of it left open: whether registries of private ECR have such names, and which.</summary>
/// <param name="head">What stands before the open part, in any case.</param>
/// <param name="tail">What stands behind it.</param>
internal readonly struct EcrHostPattern(string head, string tail)
{
    private static readonly string[] Services = [".dkr.ecr.", ".dkr.ecr-fips.", ".dkr-ecr.", ".dkr-ecr-fips."];

    // One Region of each partition that AWS has: what names end in goes by the partition.
    private static readonly string[] Partitions =
    [
        "us-east-1", "cn-north-1", "us-gov-west-1", "us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "us-isof-south-1",
        "eusc-de-east-1",
    ];

    private readonly string _head = head.ToLowerInvariant();
    private readonly string _tail = tail.ToLowerInvariant();

    /// <summary>
    /// Whether more than the account is left open: the Region, or the kind of endpoint. Regions are known by their shape only,
    /// so that there is no end of names that could be one, and each has a token of its own.
    /// </summary>
    public bool LeavesTokenOpen => CouldBegin(_head) && Suffixes.Any(CouldEnd);

    private static IEnumerable<string> Suffixes =>
        Partitions.Select(static name => AwsRegion.TryParse(name, out var region) ? region : null).OfType<AwsRegion>()
            .SelectMany(static region => (string[])["." + region.DnsSuffix, "." + region.DualStackRegistrySuffix]).Distinct();

    /// <summary>Whether a registry's name can begin so, with its Region still to come, or not over.</summary>
    private static bool CouldBegin(string head)
    {
        var account = head[..Math.Min(head.Length, EcrHost.AccountLength)];
        var rest = head[account.Length..];
        return account.All(char.IsAsciiDigit)
            && Services.Any(service => service.StartsWith(rest, StringComparison.Ordinal)
                || (rest.StartsWith(service, StringComparison.Ordinal) && !rest[service.Length..].Contains('.', StringComparison.Ordinal)));
    }

    /// <summary>Whether a registry's name can end so, and the open part is over only behind the account.</summary>
    /// <param name="suffix">What follows a Region, from the dot on.</param>
    private bool CouldEnd(string suffix)
    {
        if (suffix.EndsWith(_tail, StringComparison.Ordinal))
        {
            return true;
        }

        if (!_tail.EndsWith(suffix, StringComparison.Ordinal))
        {
            return false;
        }

        var before = _tail[..^suffix.Length];
        var dot = before.LastIndexOf('.');
        return dot < 0
            ? char.IsAsciiDigit(before[^1]) // as Regions end
            : AwsRegion.TryParse(before.AsSpan(dot + 1), out _)
                && Services.Any(service => service.Length > dot + 1 && service.EndsWith(before[..(dot + 1)], StringComparison.Ordinal));
    }
}
