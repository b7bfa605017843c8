namespace FastEcrProxy.Ecr;

/// <summary>The edge to AWS, as far as serving needs it: one operation. Tests put a fake here.</summary>
internal interface IEcrApi
{
    /// <summary>Asks AWS for a token: exactly one of the two. Throws only when <paramref name="cancel"/> says so.</summary>
    Task<(EcrToken? Token, EcrFailure? Failure)> GetTokenAsync(CancellationToken cancel);
}
