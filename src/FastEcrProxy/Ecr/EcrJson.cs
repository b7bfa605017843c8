using System.Text.Json.Serialization;

namespace FastEcrProxy.Ecr;

/// <summary>GetAuthorizationToken's request: nothing. Its one member, registryIds, is deprecated.</summary>
internal sealed record TokenRequest;

/// <summary>GetAuthorizationToken's answer.</summary>
internal sealed record TokenAnswer(IReadOnlyList<AuthorizationData?>? AuthorizationData);

/// <summary>The same of ECR Public, which gives one token where the other gives a list.</summary>
internal sealed record PublicTokenAnswer(AuthorizationData? AuthorizationData);

/// <summary>A token as ECR's API gives it. Every member may be missing.</summary>
/// <param name="AuthorizationToken">Base64 of <c>AWS:password</c>. A secret.</param>
/// <param name="ExpiresAt">Seconds since 1970, with a fraction.</param>
/// <param name="ProxyEndpoint">The caller's own registry, as <c>https://…</c>; ECR Public has no such thing.</param>
internal sealed record AuthorizationData(string? AuthorizationToken, double? ExpiresAt, string? ProxyEndpoint)
{
    public override string ToString() => nameof(AuthorizationData); // the secret stays out of logs
}

/// <summary>The shapes of ECR's API, serialized without reflection.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TokenRequest))]
[JsonSerializable(typeof(TokenAnswer))]
[JsonSerializable(typeof(PublicTokenAnswer))]
[JsonSerializable(typeof(RepositoryRequest))]
[JsonSerializable(typeof(RepositoryAnswer))]
internal sealed partial class EcrJson : JsonSerializerContext;
