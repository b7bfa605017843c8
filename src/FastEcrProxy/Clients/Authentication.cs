using FastEcrProxy.Oci;

namespace FastEcrProxy.Clients;

/// <summary>Who a client turned out to be, or what it is told instead.</summary>
/// <param name="Caller">Who it is; null where that is not known.</param>
/// <param name="Error">What to answer then.</param>
internal readonly record struct Authentication(Caller? Caller, OciError? Error)
{
    /// <summary>Whether the answer is to say how to show who one is.</summary>
    public bool Challenges => Error is { Status: OciError.UnauthorizedStatus };
}
