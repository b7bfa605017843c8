using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>Who may come into a registry, each kind of registry in its own way.</summary>
internal interface IRegistryDoor
{
    /// <summary>Looks at the credentials of a request, and answers nothing yet.</summary>
    Admission Examine(HttpRequest request, RegistryPath path);

    /// <summary>401, and how to do better.</summary>
    Task ChallengeAsync(HttpResponse response, RegistryPath path);
}

/// <summary>What a door says.</summary>
/// <param name="TokenId">Which of our tokens came, for the log; null for none.</param>
/// <param name="TokenAccountId">Whose it is.</param>
/// <param name="RefuseAsync">Answers the request with a refusal; null: it may come in.</param>
internal sealed record Admission(
    string? TokenId = null, string? TokenAccountId = null, Func<HttpResponse, Task>? RefuseAsync = null)
{
    /// <summary>Who it was given to, where that is somebody who may not do everything.</summary>
    public LocalIdentity? Identity { get; init; }
}
