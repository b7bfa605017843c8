using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>What one registry is shown with a request, and what else when it does not like that.</summary>
internal interface IRegistryAuth
{
    /// <summary>
    /// What to show with a request, at hand or asked for. A failure where something has to be shown and there is nothing: the
    /// registry need not be asked then.
    /// </summary>
    ValueTask<Fetched<RegistryCredential>> ShowAsync(RegistryScope scope, CancellationToken cancel);

    /// <summary>
    /// What to show instead of what was refused, once for all who were refused with the same. Null: the registry's answer
    /// stands, since nothing else would please it better. A failure: the answer does not say what is wrong, and this does.
    /// </summary>
    /// <param name="scope">Of the request.</param>
    /// <param name="refused">What was shown with it.</param>
    /// <param name="refusal">What came back.</param>
    /// <param name="cancel">Ends the wait, not what is being asked for.</param>
    ValueTask<Fetched<RegistryCredential>?> RenewAsync(
        RegistryScope scope, RegistryCredential refused, RegistryRefusal refusal, CancellationToken cancel);
}
