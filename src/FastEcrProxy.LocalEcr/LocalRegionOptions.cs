namespace FastEcrProxy.LocalEcr;

/// <summary>One Region and its ports; zero is any free port.</summary>
public sealed record LocalRegionOptions(string Name)
{
    public int RegistryPort { get; init; }

    public int LayersPort { get; init; }

    public int ControlPlanePort { get; init; }
}
