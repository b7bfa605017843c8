using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>Every setting of one registry of a rule, once, by its key within the registry.</summary>
internal static class RegistryFields
{
    private const string AsAws = "as Aws.* says";
    private const string NoPassword = "no password, or one of the other two ways to give it";

    private static readonly SettingFormat<TimeSpan> Timeout =
        SettingFormats.Timeout(SettingFormats.ShortestTimeout, SettingFormats.LongestWait);

    public static readonly Setting<string> Name = new("Name", RuleFormats.Name)
    {
        Otherwise = "the Region, or the host",
        Meaning = "The registry's name in log, metrics and check.",
    };

    public static readonly Setting<string> Host = new("Host", RuleFormats.RegistryHost)
    {
        Otherwise = "what Endpoint says",
        Meaning = "The registry; with ByAccount written {account}.dkr.ecr.eu-central-1.amazonaws.com.",
    };

    public static readonly Setting<Uri> Endpoint = new("Endpoint", SettingFormats.Endpoint)
    {
        Otherwise = "https:// and Host",
        Meaning = "What is dialled instead of the registry's own address: a private endpoint, another proxy.",
    };

    public static readonly Setting<RegistryAuthKind> Auth = new("Auth", SettingFormats.Choice(
        ("ecr", RegistryAuthKind.Ecr),
        ("ecr-public", RegistryAuthKind.EcrPublic),
        ("basic", RegistryAuthKind.Basic),
        ("bearer", RegistryAuthKind.Bearer),
        ("none", RegistryAuthKind.None)))
    {
        Otherwise = "ecr for ECR hosts, an anonymous token for public.ecr.aws, bearer for others",
        Meaning = "What the registry is shown: an AWS token, user and password, or a token from where it sends for one.",
    };

    public static readonly Setting<string> User = new("User", RuleFormats.Text)
    {
        Otherwise = "anonymous",
        Meaning = "For basic, and for bearer where the registry has users.",
    };

    public static readonly Setting<string> Password = new("Password", RuleFormats.Text)
    {
        Otherwise = NoPassword, IsSecret = true,
        Meaning = "The user's password, in the clear; better in a file or a variable.",
    };

    public static readonly Setting<string> PasswordFile = new("PasswordFile", SettingFormats.Path)
    {
        Otherwise = NoPassword,
        Meaning = "A file with the password in it; read anew when it changes.",
    };

    public static readonly Setting<string> PasswordVariable = new("PasswordVariable", RuleFormats.Text)
    {
        Otherwise = NoPassword,
        Meaning = "The environment variable that has the password.",
    };

    public static readonly Setting<IReadOnlyList<string>> AllowedTokenHosts = new("AllowedTokenHosts", SettingFormats.Hosts)
    {
        Otherwise = "the registry itself",
        Meaning = "More hosts that bearer may ask for tokens; user and password go nowhere else. auth.docker.io for Docker Hub.",
    };

    public static readonly Setting<IReadOnlyList<string>> AllowedRedirectHosts = new("AllowedRedirectHosts", SettingFormats.Hosts)
    {
        Otherwise = "as Upstream.AllowedRedirectHosts says",
        Meaning = "More hosts that the registry may send the proxy to for a layer.",
    };

    public static readonly Setting<TimeSpan> ConnectTimeout = new("ConnectTimeout", Timeout)
    {
        Otherwise = "as Upstream.ConnectTimeout says; 3s if that is not given and the rule has more registries",
        Meaning = "Longest wait for a connection, TLS included.",
    };

    public static readonly Setting<TimeSpan> FirstByteTimeout = new("FirstByteTimeout", Timeout)
    {
        Otherwise = "as Upstream.FirstByteTimeout says; 10s if that is not given and the rule has more registries",
        Meaning = "Longest wait for the beginning of an answer.",
    };

    public static readonly Setting<TimeSpan> IdleTimeout = new("IdleTimeout", Timeout)
    {
        Otherwise = "as Upstream.IdleTimeout says",
        Meaning = "Longest silence inside an answer.",
    };

    public static readonly Setting<string> AwsRegion = new("Aws.Region", SettingFormats.Region)
    {
        Otherwise = "the Region of Host, or of Aws.Region",
        Meaning = "The Region to ask for a token when Host does not name one.",
    };

    public static readonly Setting<string> AwsProfile = new("Aws.Profile", RuleFormats.Text)
    {
        Otherwise = AsAws,
        Meaning = "The AWS profile whose credentials ask for tokens; taken together with the next three.",
    };

    public static readonly Setting<string> AwsRoleArn = new("Aws.RoleArn", RuleFormats.Text)
    {
        Otherwise = AsAws,
        Meaning = "A role to assume before, as for a registry of another account.",
    };

    public static readonly Setting<string> AwsExternalId = new("Aws.ExternalId", RuleFormats.Text)
    {
        Otherwise = AsAws, IsSecret = true,
        Meaning = "What the role's owner asks for besides.",
    };

    public static readonly Setting<string> AwsSessionName = new("Aws.SessionName", RuleFormats.Text)
    {
        Otherwise = AsAws,
        Meaning = "What CloudTrail calls the proxy.",
    };

    public static readonly Setting<Uri> AwsControlPlane = new("Aws.ControlPlane", SettingFormats.Endpoint)
    {
        Otherwise = AsAws,
        Meaning = "Another address for ECR's API: a private endpoint, or a stand-in.",
    };

    public static readonly Setting<bool> AwsFips = new("Aws.Fips", SettingFormats.Bool)
    {
        Otherwise = AsAws,
        Meaning = "Whether to ask for tokens at FIPS 140 endpoints; a FIPS name in Host does it too.",
    };

    public static readonly Setting<bool> AwsDualStack = new("Aws.DualStack", SettingFormats.Bool)
    {
        Otherwise = AsAws,
        Meaning = "Whether to ask for tokens at endpoints with IPv6; a dual-stack name in Host does it too.",
    };

    /// <summary>Those that say something about AWS: of use only where the registry is shown a token of it.</summary>
    public static IReadOnlyList<Setting> Aws { get; } =
    [
        AwsRegion, AwsProfile, AwsRoleArn, AwsExternalId, AwsSessionName, AwsControlPlane, AwsFips, AwsDualStack,
    ];

    /// <summary>All of them, in the order in which people read them.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        Name, Host, Endpoint, Auth, User, Password, PasswordFile, PasswordVariable, AllowedTokenHosts, AllowedRedirectHosts,
        ConnectTimeout, FirstByteTimeout, IdleTimeout,
        .. Aws,
    ];
}
