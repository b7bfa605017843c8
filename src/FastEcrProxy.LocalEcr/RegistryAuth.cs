namespace FastEcrProxy.LocalEcr;

/// <summary>How a plain registry learns who is asking.</summary>
public enum RegistryAuth
{
    None,
    Basic,

    /// <summary>By tokens of a token service, which a challenge leads to.</summary>
    Bearer,
}
