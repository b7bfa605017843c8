namespace FastEcrProxy.Clients;

/// <summary>One way to find out who is calling. Of several the first that knows the caller is believed.</summary>
internal interface IClientWay
{
    /// <summary>Which one.</summary>
    ClientWay Way { get; }

    /// <summary>Who showed exactly this a while ago and was known then: a look into memory. Null where nobody did.</summary>
    Caller? Recall(ClientProof proof) => null;

    /// <summary>Who it is. Never throws but for <paramref name="cancel"/>.</summary>
    /// <param name="proof">What was shown.</param>
    /// <param name="cancel">The client that waits.</param>
    ValueTask<Recognition> RecogniseAsync(ClientProof proof, CancellationToken cancel);
}
