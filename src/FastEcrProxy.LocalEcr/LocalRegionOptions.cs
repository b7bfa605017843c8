namespace FastEcrProxy.LocalEcr;

/// <summary>The registry of one account in one Region, and its ports; zero is any free port.</summary>
public sealed record LocalRegionOptions(string Name)
{
    /// <summary>Whose registry it is; null is the account of <see cref="LocalEcrOptions"/>.</summary>
    public LocalAccount? Account { get; init; }

    public int RegistryPort { get; init; }

    public int LayersPort { get; init; }

    public int ControlPlanePort { get; init; }

    /// <summary>How its registry differs from the distribution spec.</summary>
    public RegistryManners Manners { get; init; } = new();

    /// <summary>
    /// Where blob requests are redirected to instead of the layers origin here, for somebody who serves the layers by other
    /// means: scheme, host and port. The URLs stay as they are otherwise, <see cref="Content.ObjectPath"/> and signature.
    /// Null is the layers origin here.
    /// </summary>
    public Uri? LayersElsewhere { get; init; }
}
