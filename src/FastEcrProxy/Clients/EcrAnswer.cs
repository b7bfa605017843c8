namespace FastEcrProxy.Clients;

/// <summary>What ECR says to a question about a caller, as far as it says anything.</summary>
internal enum EcrAnswer
{
    /// <summary>Nobody could be asked, or nobody said anything about the caller: no answer, and no refusal either.</summary>
    Unknown,

    /// <summary>The token is good, or what was asked for is allowed.</summary>
    Yes,

    /// <summary>The token is none, or what was asked for is not allowed.</summary>
    No,
}
