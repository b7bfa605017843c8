using System.Text;
using FastEcrProxy.Clients;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Http;

/// <summary>Asks ECR about a caller's token, for <see cref="EcrCallers"/>, which knows no registries.</summary>
internal sealed class EcrLogins(LoginRegistries registries)
{
    /// <summary>Whether the token is one.</summary>
    public async ValueTask<EcrAnswer> CheckAsync(string token, CancellationToken cancel) =>
        await registries.TakeAsync(AuthorizationOf(token), cancel) switch
        {
            true => EcrAnswer.Yes,
            false => EcrAnswer.No,
            null => EcrAnswer.Unknown,
        };

    /// <summary>The header that a token goes into, as its owner's own client would write it.</summary>
    public static string AuthorizationOf(string token) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{EcrCallers.User}:{token}"));
}
