using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Server;

/// <summary>The settings that say as whom AWS is asked, and where: of all registries, or of one.</summary>
internal static class AwsSettings
{
    /// <summary>What holds for every registry that does not say otherwise.</summary>
    /// <param name="values">Everything that was written.</param>
    /// <param name="host">The only registry, where there is one and it is ECR's: its name decides.</param>
    /// <param name="extraCertificates">CAs that are trusted besides the system's.</param>
    public static EcrOptions Read(SettingValues values, EcrHost? host, X509Certificate2Collection? extraCertificates)
    {
        var region = values.Get(SettingTable.AwsRegion);
        if (host is not null && region is not null && region != host.Region)
        {
            var origin = values.Find(SettingTable.AwsRegion)!.Origin;
            values.Notice($"Aws.Region = {region} ({origin}) is not used: the registry is in {host.Region}.");
        }

        region = host?.Region ?? region;
        var identity = ReadIdentity(
            values,
            SettingTable.AwsProfile,
            SettingTable.AwsRoleArn,
            SettingTable.AwsExternalId,
            SettingTable.AwsSessionName,
            RegionOf(region));
        return new EcrOptions
        {
            Region = region,
            Fips = values.Get(SettingTable.AwsFips) || host is { Fips: true },
            DualStack = values.Get(SettingTable.AwsDualStack) || host is { DualStack: true },
            ControlPlane = values.Get(SettingTable.AwsControlPlane),
            Identity = identity ?? AwsIdentity.Default,
            ExtraCertificates = extraCertificates,
            ConnectTimeout = values.Get(SettingTable.AwsConnectTimeout),
            TotalTimeout = values.Get(SettingTable.AwsTotalTimeout),
        };
    }

    /// <summary>What holds for one registry of a rule.</summary>
    /// <param name="values">Everything that was written.</param>
    /// <param name="key">The registry.</param>
    /// <param name="host">Its name, if it is one of ECR's: that decides about Region and endpoints.</param>
    /// <param name="all">What holds where it says nothing.</param>
    /// <returns>The options, and the identity that the registry names, if it does.</returns>
    public static (EcrOptions Ecr, AwsIdentity? Identity) ReadRegistry(SettingValues values, string key, EcrHost? host, EcrOptions all)
    {
        var region = values.Get(RegistryFields.AwsRegion.At(key));
        if (host is not null && region is not null && region != host.Region)
        {
            values.Refuse(RegistryFields.AwsRegion.At(key), $"the registry is in {host.Region} by its name; leave it out");
        }

        region = host?.Region ?? region ?? all.Region;
        var identity = ReadIdentity(
            values,
            RegistryFields.AwsProfile.At(key),
            RegistryFields.AwsRoleArn.At(key),
            RegistryFields.AwsExternalId.At(key),
            RegistryFields.AwsSessionName.At(key),
            RegionOf(region));
        if (identity is null && RegionOf(region) is { } place && all.Identity.Role?.Arn.MismatchWith(place) is { } mismatch)
        {
            values.Refuse(RegistryFields.AwsRoleArn.At(key), "is missing; Aws.RoleArn " + mismatch);
        }

        var options = all with
        {
            Region = region,
            Fips = values.Given(RegistryFields.AwsFips.At(key)) ?? all.Fips || host is { Fips: true },
            DualStack = values.Given(RegistryFields.AwsDualStack.At(key)) ?? all.DualStack || host is { DualStack: true },
            ControlPlane = values.Get(RegistryFields.AwsControlPlane.At(key)) ?? all.ControlPlane,
            Identity = identity ?? all.Identity,
        };
        return (options, identity);
    }

    /// <summary>Null where nothing is said; what is said is taken together, and is all of it.</summary>
    private static AwsIdentity? ReadIdentity(
        SettingValues values,
        Setting<string> profile,
        Setting<string> roleArn,
        Setting<string> externalId,
        Setting<string> sessionName,
        AwsRegion? region)
    {
        Setting<string>[] settings = [profile, roleArn, externalId, sessionName];
        if (!settings.Any(values.IsGiven))
        {
            return null;
        }

        var (identity, problems) = AwsIdentity.Read(
            values.Get(profile), values.Get(roleArn), values.Get(externalId), values.Get(sessionName), region);
        foreach (var problem in problems)
        {
            var setting = settings.Single(setting => setting.Key.EndsWith("." + problem.Member, StringComparison.Ordinal));
            values.Refuse(setting, problem.Sentence);
        }

        return identity;
    }

    private static AwsRegion? RegionOf(string? name) => AwsRegion.TryParse(name, out var region) ? region : null;
}
