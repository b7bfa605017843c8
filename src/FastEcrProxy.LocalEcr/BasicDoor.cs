using Microsoft.AspNetCore.Http;

namespace FastEcrProxy.LocalEcr;

/// <summary>A registry that wants a user name and a password with every request.</summary>
internal sealed class BasicDoor(LocalRegistryOptions options) : IRegistryDoor
{
    public Admission Examine(HttpRequest request, RegistryPath path) =>
        BasicCredentials.Parse(request.Headers.Authorization) is { } sent && sent == options.Credentials
            ? new()
            : new(RefuseAsync: response => ChallengeAsync(response, path));

    public Task ChallengeAsync(HttpResponse response, RegistryPath path)
    {
        response.Headers.WWWAuthenticate = $"Basic realm=\"{options.Name}\"";
        return Reply.OciErrorAsync(response, 401, "UNAUTHORIZED", "authentication required");
    }
}
