using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Shows nothing: for an open registry, whose refusals are the last word.</summary>
internal sealed class NoAuth : IRegistryAuth
{
    public static readonly NoAuth Instance = new();

    public ValueTask<Fetched<RegistryCredential>> ShowAsync(RegistryScope scope, CancellationToken cancel) =>
        new(RegistryCredential.Nothing);

    public ValueTask<Fetched<RegistryCredential>?> RenewAsync(
        RegistryScope scope, RegistryCredential refused, RegistryRefusal refusal, CancellationToken cancel) => default;
}
