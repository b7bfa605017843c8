using FastEcrProxy.Ecr;

namespace FastEcrProxy.Upstream;

/// <summary>Which options of <see cref="RegistryAuthOptions"/> go together. What would silently have no effect is refused.</summary>
internal static class RegistryAuthRules
{
    /// <summary>All that is wrong, in the order in which people read the options; nothing where all is well.</summary>
    public static IReadOnlyList<OptionProblem> Problems(RegistryAuthOptions options)
    {
        var problems = new List<OptionProblem>();
        var takesPassword = options.Kind is RegistryAuthKind.Basic or RegistryAuthKind.Bearer;
        var passwords = Passwords(options).Where(password => password.Value is not null).ToList();
        var hasUser = options.User is not null;

        if (hasUser && !takesPassword)
        {
            problems.Add(Useless(nameof(options.User), options));
        }
        else if (options.User is { } user && (user.Length == 0 || user.Any(character => character == ':' || char.IsControl(character))))
        {
            problems.Add(new(nameof(options.User), "is no user: it may not be empty or have a colon in it (RFC 7617)"));
        }
        else if (!hasUser && (options.Kind is RegistryAuthKind.Basic || (takesPassword && passwords.Count > 0)))
        {
            problems.Add(new(nameof(options.User), "is missing: the password belongs to one"));
        }

        if (!takesPassword)
        {
            problems.AddRange(passwords.Select(password => Useless(password.Member, options)));
        }
        else if (passwords.Count > 1)
        {
            problems.Add(new(passwords[1].Member, $"is given besides {passwords[0].Member}; one of them has to go"));
        }
        else if (hasUser && passwords.Count == 0)
        {
            problems.Add(new(
                nameof(options.PasswordFile), $"is missing, as are {nameof(options.PasswordVariable)} and {nameof(options.Password)}"));
        }

        if (options.AllowedTokenHosts.Count > 0 && options.Kind is not RegistryAuthKind.Bearer)
        {
            problems.Add(Useless(nameof(options.AllowedTokenHosts), options));
        }

        if (options.Aws is not null && options.Kind is not (RegistryAuthKind.Ecr or RegistryAuthKind.EcrPublic))
        {
            problems.Add(Useless(nameof(options.Aws), options));
        }

        return problems;
    }

    private static IEnumerable<(string Member, string? Value)> Passwords(RegistryAuthOptions options) =>
    [
        (nameof(options.Password), options.Password),
        (nameof(options.PasswordFile), options.PasswordFile),
        (nameof(options.PasswordVariable), options.PasswordVariable),
    ];

    private static OptionProblem Useless(string member, RegistryAuthOptions options) =>
        new(member, $"has no use with Auth = {NameOf(options.Kind)}");

    /// <summary>As people write it.</summary>
    public static string NameOf(RegistryAuthKind kind) => kind switch
    {
        RegistryAuthKind.None => "none",
        RegistryAuthKind.Basic => "basic",
        RegistryAuthKind.Bearer => "bearer",
        RegistryAuthKind.Ecr => "ecr",
        _ => "ecr-public",
    };
}
