using System.Text;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Shows a user and a password, with every request: no registry has to ask for them first.</summary>
internal sealed class BasicAuth(string user, PasswordSource password) : IRegistryAuth
{
    public ValueTask<Fetched<RegistryCredential>> ShowAsync(RegistryScope scope, CancellationToken cancel) => new(Show(anew: false));

    /// <summary>Another password, if there is one by now. 400 and 403 are about something else.</summary>
    public ValueTask<Fetched<RegistryCredential>?> RenewAsync(
        RegistryScope scope, RegistryCredential refused, RegistryRefusal refusal, CancellationToken cancel)
    {
        if (refusal.Status != 401)
        {
            return default;
        }

        if (Show(anew: true) is { Value: { } fresh } && fresh.Header != refused.Header)
        {
            return new(fresh);
        }

        return AuthChallenge.IsOnly(AuthChallenge.Bearer, AuthChallenge.Parse(refusal.Challenge))
            ? new(new FetchFailure(
                FetchError.Refused,
                $"{refusal.Registry} takes tokens, not the password that it is shown: set Auth to bearer for it.") { Status = 401 })
            : default;
    }

    private Fetched<RegistryCredential> Show(bool anew)
    {
        var (secret, problem) = password.Read(anew);
        return secret is null
            ? new FetchFailure(FetchError.Unreachable, $"There is no password for user {user}: {problem}.")
            : new RegistryCredential("Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{secret}")));
    }
}
