using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Server;

/// <summary>The settings that say what one registry of a rule is shown.</summary>
internal static class RegistryAuthSettings
{
    /// <param name="values">Everything that was written.</param>
    /// <param name="key">The registry.</param>
    /// <param name="otherwise">What it is shown where nothing is said.</param>
    /// <param name="named">As whom AWS is asked for this registry, if it says so.</param>
    /// <param name="aws">As whom AWS is asked for all.</param>
    public static RegistryAuthOptions Read(
        SettingValues values, string key, RegistryAuthKind otherwise, AwsIdentity? named, AwsIdentity aws)
    {
        var kind = values.Given(RegistryFields.Auth.At(key));
        var options = new RegistryAuthOptions
        {
            Kind = kind ?? otherwise,
            User = values.Get(RegistryFields.User.At(key)),
            Password = values.Get(RegistryFields.Password.At(key)),
            PasswordFile = values.Get(RegistryFields.PasswordFile.At(key)),
            PasswordVariable = values.Get(RegistryFields.PasswordVariable.At(key)),
            AllowedTokenHosts = values.Get(RegistryFields.AllowedTokenHosts.At(key)) ?? [],
        };
        if (!values.IsRefused(RegistryFields.Auth.At(key)))
        {
            Check(values, key, options);
        }

        // Whoever asks for ECR Public's token by name wants it for somebody: without, the registry answers the anonymous too.
        return options.Kind switch
        {
            RegistryAuthKind.Ecr => options with { Aws = named },
            RegistryAuthKind.EcrPublic => options with { Aws = named ?? (kind is null ? null : aws) },
            _ => options,
        };
    }

    /// <summary>Refuses what says something about AWS to a registry that has nothing to do with it.</summary>
    public static void RefuseAws(SettingValues values, string key, RegistryAuthKind kind)
    {
        foreach (var setting in RegistryFields.Aws.Select(field => field.At(key)).Where(values.IsGiven))
        {
            values.Refuse(setting, $"has no use with Auth = {RegistryAuthRules.NameOf(kind)}");
        }
    }

    private static void Check(SettingValues values, string key, RegistryAuthOptions options)
    {
        var problems = RegistryAuthRules.Problems(options);
        foreach (var problem in problems)
        {
            values.Refuse(RegistryFields.All.Single(field => field.Key == problem.Member).At(key), problem.Sentence);
        }

        var source = options.PasswordFile is null ? RegistryFields.PasswordVariable : RegistryFields.PasswordFile;
        if (problems.Count == 0 && values.IsGiven(source.At(key))
            && new PasswordSource(options, TimeProvider.System).Read(anew: true).Problem is { } unreadable)
        {
            values.Refuse(source.At(key), unreadable);
        }
    }
}
