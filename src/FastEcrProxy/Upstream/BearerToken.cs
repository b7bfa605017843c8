using System.Text.Json;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>A token as a token service gives it.</summary>
/// <param name="Header">The value of an <c>Authorization</c> header: a secret.</param>
/// <param name="Lifetime">How long the service says that it is good.</param>
internal sealed record BearerToken(string Header, TimeSpan Lifetime)
{
    /// <summary>The specification's, for a service that does not say; no shorter one is to be given.</summary>
    public static readonly TimeSpan LifetimeDefault = TimeSpan.FromSeconds(60);

    /// <summary>Longer bodies are no token: those of ECR Public, the longest known, have some 4 KB.</summary>
    public const int AnswerBytesMax = 64 << 10;

    private const int SecretLengthMax = 32 << 10; // the header has to fit into what registries read
    private const int DepthMax = 16;

    // A service that means "for ever" is asked now and then all the same.
    private static readonly TimeSpan LifetimeMax = TimeSpan.FromDays(1);

    /// <summary>
    /// Reads the answer of a token service: <c>token</c>, or <c>access_token</c> as OAuth 2 has it, and <c>expires_in</c>.
    /// </summary>
    /// <param name="body">JSON.</param>
    /// <param name="host">Whose it is, for the sentence.</param>
    public static Fetched<BearerToken> Read(ReadOnlyMemory<byte> body, string host)
    {
        try
        {
            using var json = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = DepthMax });
            var root = json.RootElement;
            if ((Text(root, "token") ?? Text(root, "access_token")) is not { } secret)
            {
                return new FetchFailure(FetchError.BadAnswer, $"The token service {host} answers without a token.");
            }

            return secret.Length > SecretLengthMax || secret.AsSpan().ContainsAnyExceptInRange('!', '~')
                ? new FetchFailure(FetchError.BadAnswer, $"The token service {host} gives a token that no header may carry.")
                : new BearerToken("Bearer " + secret, LifetimeIn(root));
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            return new FetchFailure(FetchError.BadAnswer, $"The token service {host} answers with something that is no token.");
        }
    }

    public override string ToString() => $"a token good for {Lifetime.TotalSeconds:0} s"; // the secret stays out of logs

    private static TimeSpan LifetimeIn(JsonElement root)
    {
        var given = root.TryGetProperty("expires_in", out var value) && value.ValueKind is JsonValueKind.Number
            && value.TryGetDouble(out var number) && number > 0 ? number : LifetimeDefault.TotalSeconds;
        return given < LifetimeMax.TotalSeconds ? TimeSpan.FromSeconds(given) : LifetimeMax;
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String
        && value.GetString() is { Length: > 0 } text
            ? text
            : null;
}
