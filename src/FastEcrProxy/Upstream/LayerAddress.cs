namespace FastEcrProxy.Upstream;

/// <summary>Where a registry sends its clients for a blob.</summary>
/// <param name="Address">Presigned, a secret; null where the registry sends the blob itself.</param>
internal sealed record LayerAddress(Uri? Address)
{
    public override string ToString() => Address is null ? "the registry itself" : $"a layer at {Address.Authority}";
}
