namespace FastEcrProxy.Ecr;

/// <summary>A role that the proxy takes on before it asks for tokens, as in another account that trusts this one.</summary>
/// <param name="Arn">Which role.</param>
internal sealed record AssumedRole(RoleArn Arn)
{
    public const string DefaultSessionName = "fast-ecr-proxy";

    /// <summary>What the role's owner has agreed on with the proxy's, so that nobody else can have it assumed. Null: nothing.</summary>
    public string? ExternalId { get; init; }

    /// <summary>What CloudTrail calls the proxy.</summary>
    public string SessionName { get; init; } = DefaultSessionName;

    /// <summary>How long the role's keys are good. Default 1 h, the most that AWS allows a role which was reached by a role.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Without the external id: it is no secret by AWS's rules, but nobody's business either.</summary>
    public override string ToString() => $"role {Arn}, session {SessionName}";
}
