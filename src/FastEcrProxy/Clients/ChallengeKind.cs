namespace FastEcrProxy.Clients;

/// <summary>What a client is told that has to say who it is.</summary>
internal enum ChallengeKind
{
    /// <summary>
    /// Bearer where some may come in without credentials, since docker shows none after a ping that went without; else Basic.
    /// </summary>
    Auto,

    /// <summary>To send user and password with every request.</summary>
    Basic,

    /// <summary>To get a token first.</summary>
    Bearer,
}
