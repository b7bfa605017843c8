using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>What about one registry of a rule does not go together.</summary>
internal static class RegistryChecks
{
    private const string AccountHost = RuleFormats.AccountPlace + ".dkr.ecr.eu-central-1.amazonaws.com";

    /// <param name="values">Everything that was written; the errors go there.</param>
    /// <param name="key">The registry.</param>
    /// <param name="shape">Where the rule's registries get their names.</param>
    /// <param name="named">The host that was written, and which ECR host that is.</param>
    /// <param name="auth">What the registry is shown.</param>
    /// <param name="ecr">Where tokens come from.</param>
    public static void Check(
        SettingValues values, string key, RuleShape shape, (string? Name, EcrHost? Host) named, RegistryAuthKind auth, EcrOptions ecr)
    {
        var host = RegistryFields.Host.At(key);
        if (HostProblem(shape, named.Name, named.Host) is { } problem && !values.IsRefused(host))
        {
            values.Refuse(host, problem);
        }

        var hasEndpoint = values.IsGiven(RegistryFields.Endpoint.At(key));
        if (named is { Name: not null, Host: null } && hasEndpoint && shape is RuleShape.Listed)
        {
            values.Refuse(host, "is not used beside Endpoint, since it is no ECR host name; leave one of them out");
        }

        var authIsGiven = values.IsGiven(RegistryFields.Auth.At(key));
        if (!values.IsGiven(host) && !hasEndpoint && shape is RuleShape.Listed && !(authIsGiven && auth is RegistryAuthKind.Ecr))
        {
            values.Refuse(key, "names no registry; write Host or Endpoint (Auth ecr alone stands for the AWS account's own registry)");
        }

        if (authIsGiven && !values.IsRefused(RegistryFields.Auth.At(key)) && !values.IsRefused(host)
            && AuthProblem(shape, named, hasEndpoint, auth, ecr) is { } misfit)
        {
            values.Refuse(RegistryFields.Auth.At(key), misfit);
        }

        var asksAws = auth is RegistryAuthKind.Ecr or RegistryAuthKind.EcrPublic;
        if (!asksAws && (shape is not RuleShape.ByNamespace || hasEndpoint))
        {
            RegistryAuthSettings.RefuseAws(values, key, auth);
        }
    }

    private static string? HostProblem(RuleShape shape, string? name, EcrHost? host) => shape switch
    {
        RuleShape.ByAccount when host is null || !name!.StartsWith(RuleFormats.AccountPlace, StringComparison.Ordinal) =>
            $"with Shape ByAccount the account comes from the repository's name; write {AccountHost}",
        RuleShape.ByNamespace when name is not null =>
            "with Shape ByNamespace the request names the registry; leave it out, or write Endpoint for what is dialled instead",
        RuleShape.Listed when name?.Contains(RuleFormats.AccountPlace, StringComparison.Ordinal) == true =>
            "only with Shape ByAccount the account comes from the repository's name; write its twelve digits",
        _ => null,
    };

    private static string? AuthProblem(
        RuleShape shape, (string? Name, EcrHost? Host) named, bool hasEndpoint, RegistryAuthKind auth, EcrOptions ecr)
    {
        var isPublic = named.Name is not null && KnownRegistries.IsEcrPublic(named.Name);
        var isNamed = named.Name is not null || hasEndpoint;
        return auth switch
        {
            RegistryAuthKind.Ecr when isPublic => "public.ecr.aws has tokens of its own; write ecr-public, or leave it out",
            RegistryAuthKind.Ecr when isNamed && named.Host is null && ecr.ControlPlane is null && ecr.Region is null =>
                "does not say who gives the token; write the ECR host name as Host, or Aws.Region, or Aws.ControlPlane",
            RegistryAuthKind.EcrPublic when !isPublic && !hasEndpoint => "is for public.ecr.aws; write that as Host",
            not RegistryAuthKind.Ecr when named.Host is not null && !hasEndpoint =>
                "ECR answers nobody without its token; leave it out, or say in Endpoint who is dialled instead",
            _ => null,
        };
    }
}
