namespace FastEcrProxy.LocalEcr;

/// <summary>The three servers that make up ECR in one Region; each has a port of its own.</summary>
public enum OriginName
{
    Registry,
    Layers,
    ControlPlane,
}
