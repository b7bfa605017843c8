namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>The clients that every image must be pulled by.</summary>
public enum ClientKind
{
    Skopeo,
    Podman,
    Containerd,
    Docker,
}
