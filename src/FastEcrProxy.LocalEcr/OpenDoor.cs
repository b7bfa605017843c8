using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>A registry that asks nobody who he is.</summary>
internal sealed class OpenDoor : IRegistryDoor
{
    public Admission Examine(HttpRequest request, RegistryPath path) => new();

    public Task ChallengeAsync(HttpResponse response, RegistryPath path) =>
        Reply.OciErrorAsync(response, 401, "UNAUTHORIZED", "authentication required");
}
