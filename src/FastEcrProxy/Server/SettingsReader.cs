using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Cache;
using FastEcrProxy.Clients;
using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>
/// Turns what people wrote into <see cref="ProxySettings"/>, or into every error at once. Whatever can be found wrong before a
/// port opens is found here: forms, files, certificates, things that exclude each other.
/// </summary>
internal static class SettingsReader
{
    public static SettingsResult Read(SettingsInput input)
    {
        var sources = SettingSources.Collect(input);
        var values = new SettingValues(sources);
        var extraCertificates = ReadCaFile(values);
        var rules = ReadRules(values, extraCertificates);
        var only = rules is null ? ReadUpstream(values, extraCertificates) : default;
        var first = rules?.SelectMany(rule => rule.Registries).FirstOrDefault();
        var settings = new ProxySettings
        {
            Upstream = first?.Upstream ?? only.Upstream ?? new UpstreamOptions(),
            Ecr = first?.Ecr ?? only.Ecr ?? new EcrOptions(),
            Catalog = values.Get(SettingTable.Catalog),
            Listen = ListenSettings.Read(values, sources.TlsDemanded),
            AdminAddress = ListenSettings.ReadAdminAddress(values),
            AdminAllowsAnybody = values.Get(SettingTable.AdminAllowAnonymous),
            Clients = ClientSettings.Read(values, extraCertificates),
            Cache = ReadCache(values, input.ToServe),
            Limits = LimitSettings.Read(values),
            Log = new LogOptions { Format = values.Get(SettingTable.LogFormat), Level = values.Get(SettingTable.LogLevel) },
        };
        settings = rules is null ? settings : settings with { Upstreams = rules };
        settings = settings with { Clients = settings.Clients with { Ecr = ReadEcrCallers(values, settings) } };
        NoticeAdmin(values, settings);
        ClientSettings.CheckAnonymous(values, settings.Clients, settings.Listen, PublicAddresses.OfThisMachine);
        if (input.ToServe)
        {
            ListenSettings.TryPorts(values);
        }

        return new SettingsResult(
            values.Errors.Count == 0 ? settings with { Notices = [.. values.Notices] } : null, values.Errors, values);
    }

    /// <summary>The admin address alone, for a question to a running proxy: what else is wrong does not matter then.</summary>
    public static (IPEndPoint? Address, SettingError? Error) ReadAdminAddress(SettingsInput input)
    {
        var sources = SettingSources.Collect(input);
        var values = new SettingValues(sources);
        var ignored = values.Errors.Count;
        var address = values.Get(SettingTable.AdminAddress);
        var fileError = sources.Errors.FirstOrDefault(error => error.Key == SettingsFile.Flag);
        return (address, fileError ?? values.Errors.Skip(ignored).FirstOrDefault());
    }

    /// <summary>The CAs alone, for who asks a running proxy: what else is wrong does not matter then.</summary>
    public static (X509Certificate2Collection? Certificates, SettingError? Error) ReadCertificates(SettingsInput input)
    {
        var values = new SettingValues(SettingSources.Collect(input));
        var ignored = values.Errors.Count;
        var certificates = ReadCaFile(values);
        return (certificates, values.Errors.Skip(ignored).FirstOrDefault());
    }

    private static X509Certificate2Collection? ReadCaFile(SettingValues values)
    {
        if (values.Get(SettingTable.CaFile) is not { } path)
        {
            return null;
        }

        if (TextFile.Read(path).Problem is { } problem)
        {
            values.Refuse(SettingTable.CaFile, problem);
            return null;
        }

        try
        {
            return TrustedCertificates.Load(path);
        }
        catch (CryptographicException)
        {
            values.Refuse(
                SettingTable.CaFile, "there is no whole certificate in it; it has to be PEM, beginning with BEGIN CERTIFICATE");
            return null;
        }
    }

    /// <summary>Says where metrics can be seen from nowhere but this machine: whoever sets such an address means to see them.</summary>
    private static void NoticeAdmin(SettingValues values, ProxySettings settings)
    {
        var isClosed = !settings.AdminAllowsAnybody && settings.Clients.Ways.All(static way => way is ClientWay.None or ClientWay.Mtls);
        if (isClosed && settings.AdminAddress is { } address && !IPAddress.IsLoopback(address.Address))
        {
            values.Notice(
                $"Admin.Address {address} tells others only whether the proxy is alive and ready: metrics are for callers who may admin, "
                + "and no way to know any is on. Set Clients.Ways, or Admin.AllowAnonymous where only you can reach it.");
        }
    }

    private static EcrCallerOptions ReadEcrCallers(SettingValues values, ProxySettings settings) =>
        EcrCallerSettings.Read(values, settings.Clients.Ways.Contains(ClientWay.Ecr), settings.Upstreams);

    private static CacheOptions ReadCache(SettingValues values, bool toServe)
    {
        var options = new CacheOptions
        {
            Directory = values.Get(SettingTable.CacheDirectory) ?? "",
            SizeBytes = values.Get(SettingTable.CacheSize),
            FreeSpaceBytes = values.Get(SettingTable.CacheFreeSpace),
            TagFreshness = values.Get(SettingTable.TagFreshness),
            StaleIfError = values.Get(SettingTable.StaleIfError),
            FetchConnections = values.Get(SettingTable.FetchConnections),
            FetchConnectionsTotal = values.Get(SettingTable.FetchConnectionsTotal),
            ReadAheadBytes = values.Get(SettingTable.ReadAhead),
            Prefetch = values.Get(SettingTable.Prefetch),
        };
        if (toServe && !values.IsRefused(SettingTable.CacheDirectory) && CacheDirectoryTrial.Problem(options.Directory) is { } problem)
        {
            values.Refuse(SettingTable.CacheDirectory, problem);
        }

        return options;
    }

    /// <summary>Null where there is no table of rules.</summary>
    private static IReadOnlyList<RuleOptions>? ReadRules(SettingValues values, X509Certificate2Collection? extraCertificates)
    {
        if (!RuleSettings.AreGiven(values))
        {
            return null;
        }

        var aws = AwsSettings.Read(values, null, extraCertificates);
        return new RuleSettings(values, new RegistrySettings(values, extraCertificates, aws)).Read();
    }

    private static (UpstreamOptions Upstream, EcrOptions Ecr) ReadUpstream(
        SettingValues values, X509Certificate2Collection? extraCertificates)
    {
        var upstream = UpstreamSettings.Read(values, extraCertificates);
        return (upstream, AwsSettings.Read(values, upstream.Host, extraCertificates));
    }
}
