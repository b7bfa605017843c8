using System.Net;
using FastEcrProxy.Observability;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>
/// Every setting, once. Reading, unknown keys, flags, <c>docs/configuration.md</c>, the JSON schema and <c>check</c> come from
/// here.
/// </summary>
internal static class SettingTable
{
    private const long CacheBytesLeast = 1L << 20; // below a MiB nearly every layer would be too large to keep
    private const int FetchConnectionsMost = 64; // more only fight for one line
    private const int PrefetchMost = 64; // no image has so many layers in a row that are worth a connection each
    private const int FetchConnectionsTotalMost = 2000; // no more connections to a layer store are opened in all

    private static readonly TimeSpan LongestMemory = TimeSpan.FromDays(3650);

    public static readonly Setting<IPEndPoint> AdminAddress = new("Admin.Address", SettingFormats.Address)
    {
        Default = "127.0.0.1:5001", Flag = "--admin", FlagValue = "ADDR:PORT",
        Meaning = "Where health and metrics are: /livez, /readyz, /metrics. Not for clients.",
    };

    public static readonly Setting<bool> AdminAllowAnonymous = new("Admin.AllowAnonymous", SettingFormats.Bool)
    {
        Default = "false",
        Meaning =
            "Whether everybody who reaches Admin.Address sees metrics and reasons, or only this machine and callers who may admin; "
            + "that it is alive and ready is told to all.",
    };

    public static readonly Setting<string> CacheDirectory = new("Cache.Directory", SettingFormats.Path)
    {
        Default = "/var/cache/fast-ecr-proxy", Flag = "--cache-dir", FlagValue = "DIR",
        Meaning = "Directory of the cache; created if it is missing. Must be one local filesystem.",
    };

    public static readonly Setting<long> CacheSize = new("Cache.Size", SettingFormats.Size(CacheBytesLeast))
    {
        Default = "100GiB", Flag = "--cache-size", FlagValue = "SIZE", Alias = "CACHE_MAX_SIZE",
        Meaning = "Above this the layers that were not asked for the longest are removed.",
    };

    public static readonly Setting<long> CacheFreeSpace = new("Cache.FreeSpace", SettingFormats.Size(0))
    {
        Default = "1GiB",
        Meaning = "This much of the filesystem is left alone, whatever Cache.Size says.",
    };

    public static readonly Setting<TimeSpan> TagFreshness = new("Cache.TagFreshness", SettingFormats.Time(LongestMemory))
    {
        Default = "0",
        Meaning = "How long a tag is answered without asking the registry; 0 asks every time, so a push is seen at once.",
    };

    public static readonly Setting<TimeSpan> StaleIfError = new("Cache.StaleIfError", SettingFormats.Time(LongestMemory))
    {
        Default = "7d",
        Meaning = "How long the last known answer about a tag is good while the registry cannot be reached.",
    };

    public static readonly Setting<int> FetchConnections =
        new("Cache.FetchConnections", SettingFormats.Number(1, FetchConnectionsMost))
        {
            Default = "8",
            Meaning = "Most connections that fetch one layer at the same time: for readers far apart, and where more bring it sooner.",
        };

    public static readonly Setting<int> FetchConnectionsTotal =
        new("Cache.FetchConnectionsTotal", SettingFormats.Number(0, FetchConnectionsTotalMost))
        {
            Default = "64",
            Meaning = "Most connections that fetch layers beyond the first of each, all layers together.",
        };

    public static readonly Setting<long> ReadAhead = new("Cache.ReadAhead", SettingFormats.Size(0))
    {
        Default = "256MiB",
        Meaning = "How much of a layer is still fetched when the last client that wanted it has left; what has come is kept.",
    };

    public static readonly Setting<int> Prefetch = new("Cache.Prefetch", SettingFormats.Number(0, PrefetchMost))
    {
        Default = "4",
        Meaning = "Most layers that are fetched before a client that has their manifest asks for them, as far as Cache.ReadAhead; 0: none.",
    };

    public static readonly Setting<string> UpstreamHost = new("Upstream.Host", SettingFormats.Host)
    {
        Otherwise = "the registry of the AWS account that the credentials belong to",
        Flag = "--upstream", FlagValue = "HOST", Alias = "UPSTREAM",
        Meaning = "The ECR registry, as in 123456789012.dkr.ecr.eu-central-1.amazonaws.com, with or without https://.",
    };

    public static readonly Setting<Uri> UpstreamEndpoint = new("Upstream.Endpoint", SettingFormats.Endpoint)
    {
        Otherwise = "https:// and the registry's name",
        Meaning = "What is dialled instead of the registry's own address: a private endpoint, or another registry.",
    };

    public static readonly Setting<bool> UpstreamAuth =
        new("Upstream.Auth", SettingFormats.Choice(("ecr", true), ("none", false)))
        {
            Otherwise = "none if only Upstream.Endpoint is given, else ecr",
            Meaning = "Whether requests carry an ECR token; none is for an open registry at Upstream.Endpoint.",
        };

    public static readonly Setting<IReadOnlyList<string>> AllowedRedirectHosts =
        new("Upstream.AllowedRedirectHosts", SettingFormats.Hosts)
        {
            Otherwise = "the layer bucket of ECR's Region and the registry itself",
            Meaning = "More hosts (with port, if it is not 443) that the registry may send the proxy to for a layer.",
        };

    public static readonly Setting<TimeSpan> ConnectTimeout =
        new("Upstream.ConnectTimeout", SettingFormats.Timeout(SettingFormats.ShortestTimeout, SettingFormats.LongestWait))
        {
            Default = "5s",
            Meaning = "Longest wait for a connection to the registry, TLS included.",
        };

    public static readonly Setting<TimeSpan> FirstByteTimeout =
        new("Upstream.FirstByteTimeout", SettingFormats.Timeout(SettingFormats.ShortestTimeout, SettingFormats.LongestWait))
        {
            Default = "20s",
            Meaning = "Longest wait for the beginning of an answer.",
        };

    public static readonly Setting<TimeSpan> IdleTimeout =
        new("Upstream.IdleTimeout", SettingFormats.Timeout(SettingFormats.ShortestTimeout, SettingFormats.LongestWait))
        {
            Default = "30s",
            Meaning = "Longest silence inside an answer; then the rest is asked for on a new connection.",
        };

    public static readonly Setting<bool> Catalog = new("Upstream.Catalog", SettingFormats.Bool)
    {
        Default = "false",
        Meaning = "Whether /v2/_catalog is answered. It shows the name of every repository to every client.",
    };

    public static readonly Setting<string> CaFile = new("Upstream.CaFile", SettingFormats.Path)
    {
        Otherwise = "the system's CAs only", Flag = "--ca-file", FlagValue = "FILE",
        Meaning = "PEM file with CAs that are trusted besides the system's, for the registry and for AWS.",
    };

    public static readonly Setting<string> AwsRegion = new("Aws.Region", SettingFormats.Region)
    {
        Otherwise = "the Region of Upstream.Host, of AWS_DEFAULT_REGION, of the AWS profile or of the EC2 instance", Alias = "AWS_REGION",
        Meaning = "The Region to ask for a token when Upstream.Host does not name one.",
    };

    public static readonly Setting<Uri> AwsControlPlane = new("Aws.ControlPlane", SettingFormats.Endpoint)
    {
        Otherwise = "the Region's public endpoint",
        Meaning = "Another address for ECR's API, which gives the token: a private endpoint, or a stand-in.",
    };

    public static readonly Setting<bool> AwsFips = new("Aws.Fips", SettingFormats.Bool)
    {
        Default = "false",
        Meaning = "Whether to ask for the token at FIPS 140 endpoints; a FIPS name in Upstream.Host does it too.",
    };

    public static readonly Setting<bool> AwsDualStack = new("Aws.DualStack", SettingFormats.Bool)
    {
        Default = "false",
        Meaning = "Whether to ask for the token at endpoints with IPv6; a dual-stack name in Upstream.Host does it too.",
    };

    public static readonly Setting<string> AwsProfile = new("Aws.Profile", RuleFormats.Text)
    {
        Otherwise = "the first credentials that AWS's tools would find",
        Meaning = "The AWS profile whose credentials ask for the token.",
    };

    public static readonly Setting<string> AwsRoleArn = new("Aws.RoleArn", RuleFormats.Text)
    {
        Otherwise = "the credentials are used as they are",
        Meaning = "A role to assume with the credentials found, as for a registry of another account.",
    };

    public static readonly Setting<string> AwsExternalId = new("Aws.ExternalId", RuleFormats.Text)
    {
        Otherwise = "none", IsSecret = true,
        Meaning = "What the role's owner asks for besides, so that nobody else can have the role assumed.",
    };

    public static readonly Setting<string> AwsSessionName = new("Aws.SessionName", RuleFormats.Text)
    {
        Otherwise = "fast-ecr-proxy",
        Meaning = "What CloudTrail calls the proxy when it has assumed the role.",
    };

    public static readonly Setting<TimeSpan> AwsConnectTimeout =
        new("Aws.ConnectTimeout", SettingFormats.Timeout(SettingFormats.ShortestTimeout, SettingFormats.LongestWait))
        {
            Default = "3s",
            Meaning = "Longest wait for a connection to ECR's API.",
        };

    public static readonly Setting<TimeSpan> AwsTotalTimeout =
        new("Aws.TotalTimeout", SettingFormats.Timeout(SettingFormats.ShortestTimeout, SettingFormats.LongestWait))
        {
            Default = "20s",
            Meaning = "How long getting a token may take in all, with retries and with finding credentials.",
        };

    public static readonly Setting<LogFormat> LogFormat = new(
        "Log.Format", SettingFormats.Choice(("text", Observability.LogFormat.Text), ("json", Observability.LogFormat.Json)))
    {
        Default = "text", Flag = "--log-format", FlagValue = "text|json",
        Meaning = "One line of text for people, or one JSON object for machines, per event.",
    };

    public static readonly Setting<LogLevel> LogLevel = new("Log.Level", SettingFormats.Choice(
        ("trace", Microsoft.Extensions.Logging.LogLevel.Trace),
        ("debug", Microsoft.Extensions.Logging.LogLevel.Debug),
        ("information", Microsoft.Extensions.Logging.LogLevel.Information),
        ("info", Microsoft.Extensions.Logging.LogLevel.Information),
        ("warning", Microsoft.Extensions.Logging.LogLevel.Warning),
        ("error", Microsoft.Extensions.Logging.LogLevel.Error),
        ("critical", Microsoft.Extensions.Logging.LogLevel.Critical),
        ("none", Microsoft.Extensions.Logging.LogLevel.None)))
    {
        Default = "information", Flag = "--log-level", FlagValue = "LEVEL",
        Meaning = "The least important events that are logged.",
    };

    /// <summary>All of them, in the order in which people read them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        UpstreamHost, UpstreamEndpoint, UpstreamAuth, AllowedRedirectHosts,
        ConnectTimeout, FirstByteTimeout, IdleTimeout, Catalog, CaFile,
        .. ListenTable.All,
        .. ClientTable.All,
        .. LimitTable.All,
        AdminAddress, AdminAllowAnonymous,
        CacheDirectory, CacheSize, CacheFreeSpace, TagFreshness, StaleIfError,
        FetchConnections, FetchConnectionsTotal, ReadAhead, Prefetch,
        AwsRegion, AwsProfile, AwsRoleArn, AwsExternalId, AwsSessionName, AwsControlPlane, AwsFips, AwsDualStack,
        AwsConnectTimeout, AwsTotalTimeout,
        LogFormat, LogLevel,
    ];

    /// <summary>The setting of that key, in any case, or null.</summary>
    public static Setting? Find(string key) =>
        All.FirstOrDefault(setting => setting.Key.Equals(key, StringComparison.OrdinalIgnoreCase));

    /// <summary>
    /// The setting that somebody meant who wrote a key that does not exist, or null. The section is often forgotten:
    /// <c>Region</c> for <c>Aws.Region</c>.
    /// </summary>
    public static Setting? Nearest(string key) =>
        Spelling.Nearest(key, All, setting => setting.Key)
        ?? Spelling.Nearest(key, All, setting => setting.Key[(setting.Key.IndexOf('.') + 1)..]);
}
