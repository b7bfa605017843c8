using System.Buffers;

namespace FastEcrProxy.Ecr;

/// <summary>A role that the proxy takes on before it asks for tokens, as in another account that trusts this one.</summary>
/// <param name="Arn">Which role.</param>
internal sealed record AssumedRole(RoleArn Arn)
{
    public const string DefaultSessionName = "fast-ecr-proxy";

    private const int TextLengthMin = 2;
    private const int SessionNameLengthMax = 64;
    private const int ExternalIdLengthMax = 1224;

    private static readonly SearchValues<char> SessionNameCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@-");

    private static readonly SearchValues<char> ExternalIdCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+=,.@:/-");

    /// <summary>What the role's owner has agreed on with the proxy's, so that nobody else can have it assumed. Null: nothing.</summary>
    public string? ExternalId { get; init; }

    /// <summary>What CloudTrail calls the proxy.</summary>
    public string SessionName { get; init; } = DefaultSessionName;

    /// <summary>How long the role's keys are good. Default 1 h, the most that AWS allows a role which was reached by a role.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromHours(1);

    /// <summary>The role, or null where the problems say why not. What is allowed in a text: STS's API reference, "AssumeRole".</summary>
    internal static AssumedRole? Read(
        string roleArn, string? externalId, string? sessionName, AwsRegion? region, ICollection<OptionProblem> problems)
    {
        if (externalId is not null && !IsText(externalId, ExternalIdLengthMax, ExternalIdCharacters))
        {
            problems.Add(new OptionProblem(nameof(ExternalId), "has to be 2 to 1224 letters, digits and _+=,.@:/-"));
        }

        if (sessionName is not null && !IsText(sessionName, SessionNameLengthMax, SessionNameCharacters))
        {
            problems.Add(new OptionProblem(nameof(SessionName), "has to be 2 to 64 letters, digits and _+=,.@-"));
        }

        if (!RoleArn.TryParse(roleArn, out var arn))
        {
            problems.Add(new OptionProblem(nameof(RoleArn), $"is not the ARN of a role, as in {RoleArn.Example}"));
        }
        else if (region is not null && arn.MismatchWith(region) is { } mismatch)
        {
            problems.Add(new OptionProblem(nameof(RoleArn), mismatch));
        }

        return arn is null || problems.Count > 0
            ? null
            : new AssumedRole(arn) { ExternalId = externalId, SessionName = sessionName ?? DefaultSessionName };
    }

    /// <summary>Without the external id: it is no secret by AWS's rules, but nobody's business either.</summary>
    public override string ToString() => $"role {Arn}, session {SessionName}";

    private static bool IsText(string text, int lengthMax, SearchValues<char> allowed) =>
        text.Length >= TextLengthMin && text.Length <= lengthMax && !text.AsSpan().ContainsAnyExcept(allowed);
}
