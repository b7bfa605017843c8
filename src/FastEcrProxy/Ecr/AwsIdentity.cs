namespace FastEcrProxy.Ecr;

/// <summary>As whom AWS is asked: what the operator names of the machine's identities. Equal ones share their tokens.</summary>
internal sealed record AwsIdentity
{
    /// <summary>Whoever the machine is: the first credentials of AWS's default chain.</summary>
    public static AwsIdentity Default { get; } = new();

    /// <summary>A profile of the AWS config or credentials file. Null: the default chain.</summary>
    public string? Profile { get; init; }

    /// <summary>A role that is assumed with the credentials found. Null: they are used as they are.</summary>
    public AssumedRole? Role { get; init; }

    /// <summary>The identity that somebody has written down, or what is wrong with it, all of it.</summary>
    /// <param name="profile">Its name, or null.</param>
    /// <param name="roleArn">The role's, or null for none; without one the next two have no use.</param>
    /// <param name="externalId">Or null.</param>
    /// <param name="sessionName">Or null for the default.</param>
    /// <param name="region">Where the role's keys are to be used, if that is known by now.</param>
    public static (AwsIdentity Identity, IReadOnlyList<OptionProblem> Problems) Read(
        string? profile, string? roleArn, string? externalId, string? sessionName, AwsRegion? region)
    {
        var problems = new List<OptionProblem>();
        if (profile is not null && profile.Any(character => char.IsControl(character) || character is '[' or ']'))
        {
            problems.Add(new OptionProblem(nameof(Profile), "is not the name of a profile"));
        }

        if (roleArn is null)
        {
            if (externalId is not null)
            {
                problems.Add(new OptionProblem(nameof(AssumedRole.ExternalId), "has no use without RoleArn"));
            }

            if (sessionName is not null)
            {
                problems.Add(new OptionProblem(nameof(AssumedRole.SessionName), "has no use without RoleArn"));
            }

            return (new AwsIdentity { Profile = profile }, problems);
        }

        var role = AssumedRole.Read(roleArn, externalId, sessionName, region, problems);
        return (new AwsIdentity { Profile = profile, Role = role }, problems);
    }

    /// <summary>For the log: as in <c>profile team, role arn:aws:iam::123456789012:role/pull</c>; empty for the default.</summary>
    public override string ToString() => (Profile, Role) switch
    {
        (null, null) => "",
        (null, _) => $"role {Role.Arn}",
        (_, null) => $"profile {Profile}",
        _ => $"profile {Profile}, role {Role.Arn}",
    };
}
