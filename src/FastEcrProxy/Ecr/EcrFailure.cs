namespace FastEcrProxy.Ecr;

/// <summary>Why there is no token, with what an operator needs to act on it.</summary>
/// <param name="Error">Who has to act.</param>
/// <param name="Reason">For log, <c>check</c> and readiness: what failed, where, for whom, what to do. Never a secret.</param>
internal sealed record EcrFailure(EcrError Error, string Reason)
{
    /// <inheritdoc cref="EcrFailure(EcrError, string)"/>
    /// <remarks>Without a full stop: it stands inside other sentences.</remarks>
    public string Reason { get; init; } = Reason.TrimEnd('.');
}
