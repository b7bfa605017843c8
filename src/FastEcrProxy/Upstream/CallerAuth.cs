using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>
/// Shows what a caller has, and nothing else: a refusal of it is the caller's, so nothing is renewed for it, and nothing of the
/// proxy's own is shown instead.
/// </summary>
/// <param name="authorization">The value of the caller's <c>Authorization</c> header: a secret.</param>
/// <param name="options">Where the registry is.</param>
/// <param name="own">Asked where the registry is, if only AWS knows; what it would show is not looked at.</param>
internal sealed class CallerAuth(string authorization, UpstreamOptions options, IRegistryAuth own) : IRegistryAuth
{
    private readonly RegistryCredential _shown = new(authorization);

    public async ValueTask<Fetched<RegistryCredential>> ShowAsync(RegistryScope scope, CancellationToken cancel)
    {
        if (RegistryAddress.Of(options, named: null) is not null)
        {
            return _shown;
        }

        var (known, failure) = await own.ShowAsync(scope, cancel);
        return known is null ? failure! : _shown with { Registry = known.Registry };
    }

    public ValueTask<Fetched<RegistryCredential>?> RenewAsync(
        RegistryScope scope, RegistryCredential refused, RegistryRefusal refusal, CancellationToken cancel) => default;
}
