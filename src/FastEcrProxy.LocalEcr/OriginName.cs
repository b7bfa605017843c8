namespace FastEcrProxy.LocalEcr;

/// <summary>The servers that make up a registry; each has a port of its own.</summary>
public enum OriginName
{
    Registry,
    Layers,
    ControlPlane,

    /// <summary>The token service of a registry with bearer tokens, at its own port or at the registry's.</summary>
    Tokens,
}
