using System.Runtime.CompilerServices;
using FastEcrProxy.Cache;
using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>
/// What <c>check</c> finds out, line by line and in the order in which things go wrong: the settings, the way to AWS, the
/// registry, the disk. Every line that is no good news says what to do.
/// </summary>
internal static class SelfCheck
{
    private const long UsefulBytes = 64L << 20; // one middling layer; a cache below that keeps next to nothing

    private static readonly TimeSpan RenewalDue = TimeSpan.FromDays(14);

    public static async IAsyncEnumerable<CheckLine> RunAsync(
        ProxySettings settings, SettingValues values, [EnumeratorCancellation] CancellationToken cancel)
    {
        var rules = RuleSettings.AreGiven(values) ? RuleLines.Of(settings.Upstreams) : [];
        var settled = SettingLines(values).Concat(rules).Concat(ClientLines.Of(settings));
        foreach (var line in settled.Concat(settings.Notices.Select(CheckLine.Note)))
        {
            yield return line;
        }

        foreach (var certificate in settings.Listen.Certificates)
        {
            yield return CertificateLine(certificate, TimeProvider.System.GetUtcNow());
        }

        await foreach (var line in RegistryLinesAsync(settings, cancel))
        {
            yield return line;
        }

        foreach (var line in CacheLines(settings.Cache, values.IsGiven(SettingTable.CacheSize)))
        {
            yield return line;
        }
    }

    /// <summary>What holds for each setting, where that comes from, and what it means. Beside rules the short form means nothing.</summary>
    public static IEnumerable<CheckLine> SettingLines(SettingValues values) => SettingTable.All
        .Except(RuleSettings.AreGiven(values) ? RuleSettings.ShortForm : [])
        .Select(setting => CheckLine.Well(values.Find(setting) is { } written
            ? $"{setting.Key} = {(setting.IsSecret ? "***" : written.Text)} ({written.Origin}): {setting.Meaning}"
            : $"{setting.Key} is not given: {setting.Otherwise}."));

    /// <summary>Whether clients will accept the certificate for a while.</summary>
    public static CheckLine CertificateLine(ServerCertificate certificate, DateTimeOffset now)
    {
        var expires = certificate.Expires;
        var what = $"certificate for {certificate.Leaf.Subject}, good until {expires:u}";
        return (expires - now) switch
        {
            var left when left <= TimeSpan.Zero => CheckLine.Failed(
                $"{what}: it has expired; put a new one into {certificate.CertificateFile}"),
            var left when left < RenewalDue => CheckLine.Note($"{what}: renew it soon"),
            _ => CheckLine.Well(what),
        };
    }

    /// <summary>Whether the cache can be written, and whether it can grow to its size.</summary>
    public static IEnumerable<CheckLine> CacheLines(CacheOptions options, bool sizeIsGiven)
    {
        if (CacheDirectoryTrial.Problem(options.Directory) is { } problem)
        {
            yield return CheckLine.Failed($"Cache.Directory = {options.Directory}: {problem}");
            yield break;
        }

        yield return CheckLine.Well($"{options.Directory} is writable");
        if (CacheDirectory.WhoElse(options.Directory) is { } whoElse)
        {
            yield return CheckLine.Note($"{options.Directory} {whoElse}");
        }

        var usedBytes = CacheDirectoryTrial.UsedBytes(options.Directory);
        yield return RoomLine(options, sizeIsGiven, usedBytes, CacheDirectoryTrial.RoomBytes(options));
    }

    /// <summary>Whether what is used now and what may be added make up the size; one that nobody gave may be missed.</summary>
    public static CheckLine RoomLine(CacheOptions options, bool sizeIsGiven, long usedBytes, long roomBytes)
    {
        var possibleBytes = usedBytes + Math.Max(0, roomBytes);
        var size = ByteSize.Format(options.SizeBytes);
        var held = $"the cache holds {ByteSize.Approximate(usedBytes)}";
        if (possibleBytes >= options.SizeBytes)
        {
            return CheckLine.Well($"{held} and has room to grow to its Cache.Size ({size})");
        }

        var filesystem = $"the filesystem of {options.Directory}";
        if (possibleBytes < UsefulBytes)
        {
            return CheckLine.Failed(
                $"{held} and has no room to grow: {filesystem} has to keep "
                + $"Cache.FreeSpace ({ByteSize.Format(options.FreeSpaceBytes)}) free; make room, or name another directory");
        }

        var smaller = $"{held} and may grow to {ByteSize.Approximate(possibleBytes)}, less than its Cache.Size ({size}): "
            + $"{filesystem} has no more room";
        return sizeIsGiven
            ? CheckLine.Failed($"{smaller}; make some, or lower Cache.Size")
            : CheckLine.Note($"{smaller}; that is enough to work with");
    }

    /// <summary>Every registry that the configuration spells out, each once; which one a line is about, where there are more.</summary>
    private static async IAsyncEnumerable<CheckLine> RegistryLinesAsync(
        ProxySettings settings, [EnumeratorCancellation] CancellationToken cancel)
    {
        var registries = settings.Upstreams.SelectMany(SpelledOut)
            .DistinctBy(registry => (registry.Upstream.Host, registry.Upstream.Endpoint, registry.Upstream.Auth, registry.Ecr))
            .ToList();
        foreach (var registry in registries)
        {
            var one = settings with { Upstream = registry.Upstream, Ecr = registry.Ecr };
            var credentials = new AwsCredentials(one.Ecr);
            var upstream = new UpstreamCheck(one, credentials, new EcrApi(one.Ecr, credentials), TimeProvider.System);
            await foreach (var line in upstream.RunAsync(cancel))
            {
                yield return registries.Count == 1 ? line : line with { Text = $"{registry.Name}: {line.Text}" };
            }
        }
    }

    /// <summary>The registries that can be asked without a request that fills in a name.</summary>
    private static IEnumerable<RegistryOptions> SpelledOut(RuleOptions rule) => rule.Shape switch
    {
        RuleShape.ByAccount =>
            from account in rule.Match.Accounts
            from registry in RequestedRegistries.OfAccount(rule, account)
            select registry with { Name = $"{account} in {registry.Name}" },
        RuleShape.ByNamespace =>
            from ns in rule.Match.Namespaces
            where new NamespacePattern(ns).IsExact
            let registry = RequestedRegistries.OfNamespace(rule.Registries[0], ns)
            where registry is not null
            select registry,
        _ => rule.Registries,
    };
}
