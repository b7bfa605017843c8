using System.Security.Cryptography.X509Certificates;
using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>Reads the registries of a rule.</summary>
/// <param name="values">Everything that was written.</param>
/// <param name="extraCertificates">CAs that are trusted besides the system's.</param>
/// <param name="aws">What holds about AWS where a registry says nothing.</param>
internal sealed class RegistrySettings(SettingValues values, X509Certificate2Collection? extraCertificates, EcrOptions aws)
{
    // Whoever has somebody else to ask asks sooner: a Region that hangs must not cost more than a client waits.
    private static readonly TimeSpan ConnectTimeoutAmongOthers = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstByteTimeoutAmongOthers = TimeSpan.FromSeconds(10);

    /// <summary>One registry; its name is empty where none is given.</summary>
    /// <param name="key">As in <c>Upstreams.0.Registries.1</c>; nothing needs to stand there.</param>
    /// <param name="shape">Where the rule's registries get their names.</param>
    /// <param name="isAlone">Whether the rule has no other.</param>
    public RegistryOptions Read(string key, RuleShape shape, bool isAlone)
    {
        var name = values.Get(RegistryFields.Host.At(key));
        var host = HostOf(name, shape);
        var endpoint = values.Get(RegistryFields.Endpoint.At(key));
        // ECR Public's tokens come from one Region, whatever holds for the private registries.
        var isPublic = name is not null && KnownRegistries.IsEcrPublic(name);
        var (ecr, identity) = AwsSettings.ReadRegistry(
            values, key, host, isPublic ? aws with { Region = null, ControlPlane = null } : aws);
        var auth = RegistryAuthSettings.Read(values, key, DefaultAuth(key, shape, name, host), identity, ecr.Identity);
        RegistryChecks.Check(values, key, shape, (name, host), auth.Kind, ecr);
        var isDockerHub = name is not null && KnownRegistries.IsDockerHub(name) && auth is { Kind: RegistryAuthKind.Bearer };
        var upstream = new UpstreamOptions
        {
            Host = host,
            Endpoint = endpoint ?? (name is null || host is not null ? null : KnownRegistries.AddressOf(name)),
            Auth = isDockerHub ? auth with { AllowedTokenHosts = [.. auth.AllowedTokenHosts, KnownRegistries.DockerHubTokens] } : auth,
            AllowedRedirectHosts = values.Get(RegistryFields.AllowedRedirectHosts.At(key))
                ?? values.Get(SettingTable.AllowedRedirectHosts) ?? [],
            ExtraCertificates = extraCertificates,
            ConnectTimeout = ReadTimeout(RegistryFields.ConnectTimeout, SettingTable.ConnectTimeout, ConnectTimeoutAmongOthers),
            FirstByteTimeout = ReadTimeout(RegistryFields.FirstByteTimeout, SettingTable.FirstByteTimeout, FirstByteTimeoutAmongOthers),
            IdleTimeout = ReadTimeout(RegistryFields.IdleTimeout, SettingTable.IdleTimeout, values.Get(SettingTable.IdleTimeout)),
        };
        return new RegistryOptions(values.Get(RegistryFields.Name.At(key)) ?? "", upstream, ecr);

        TimeSpan ReadTimeout(Setting<TimeSpan> own, Setting<TimeSpan> all, TimeSpan amongOthers) =>
            values.Given(own.At(key)) ?? (isAlone || values.IsGiven(all) ? values.Get(all) : amongOthers);
    }

    private static EcrHost? HostOf(string? name, RuleShape shape)
    {
        var spelledOut = shape is RuleShape.ByAccount
            ? name?.Replace(RuleFormats.AccountPlace, EcrHost.AnyAccount, StringComparison.Ordinal)
            : name;
        return EcrHost.TryParse(spelledOut, out var host) ? host : null;
    }

    private RegistryAuthKind DefaultAuth(string key, RuleShape shape, string? name, EcrHost? host)
    {
        if (host is not null || RegistryFields.Aws.Any(field => values.IsGiven(field.At(key))))
        {
            return name is not null && KnownRegistries.IsEcrPublic(name) ? RegistryAuthKind.EcrPublic : RegistryAuthKind.Ecr;
        }

        if (name is not null && KnownRegistries.IsEcrPublic(name))
        {
            return RegistryAuthKind.EcrPublic;
        }

        // By ns: what fits the registry that the request names.
        return shape is RuleShape.ByNamespace && !values.IsGiven(RegistryFields.User.At(key))
            ? RegistryAuthKind.Ecr
            : RegistryAuthKind.Bearer;
    }
}
