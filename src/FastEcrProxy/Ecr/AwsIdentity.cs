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

    /// <summary>For the log: as in <c>profile team, role arn:aws:iam::123456789012:role/pull</c>; empty for the default.</summary>
    public override string ToString() => (Profile, Role) switch
    {
        (null, null) => "",
        (null, _) => $"role {Role.Arn}",
        (_, null) => $"profile {Profile}",
        _ => $"profile {Profile}, role {Role.Arn}",
    };
}
