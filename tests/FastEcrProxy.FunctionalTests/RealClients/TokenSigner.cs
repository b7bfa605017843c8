using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>
/// A token service as docker-registry wants one: JSON Web Tokens, signed by a key whose certificate the registry was given. It
/// takes one user's password, and allows what is asked for.
/// </summary>
internal sealed class TokenSigner : IAsyncDisposable
{
    public const string Service = "registry.test";
    public const string User = "ci";
    public const string Password = "first-password";

    private const string Issuer = "token-signer";
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(2);

    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _certificate;
    private readonly WebApplication _app;

    private TokenSigner(WebApplication app)
    {
        var request = new CertificateRequest("CN=token-signer", _key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        (_app, _certificate) = (app, request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1)));
    }

    /// <summary>The queries that it has answered, in order.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public string Authority => new Uri(_app.Urls.First()).Authority;

    public static async Task<TokenSigner> StartAsync(CancellationToken cancel)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var signer = new TokenSigner(app);
        app.Run(signer.AnswerAsync);
        await app.StartAsync(cancel);
        return signer;
    }

    /// <summary>What the registry has to be told of it.</summary>
    public string ConfigFor(Room room)
    {
        var bundle = room.File("signer.pem", _certificate.ExportCertificatePem() + "\n");
        return $$"""
            auth:
              token: { realm: "http://{{Authority}}/token", service: {{Service}}, issuer: {{Issuer}}, rootcertbundle: {{bundle}} }
            """;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _certificate.Dispose();
        _key.Dispose();
    }

    private Task AnswerAsync(HttpContext http)
    {
        var expected = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{User}:{Password}"));
        if (http.Request.Headers.Authorization != expected || http.Request.Query["service"] != Service)
        {
            http.Response.StatusCode = 401;
            return Task.CompletedTask;
        }

        Asked.Enqueue(http.Request.QueryString.Value ?? "");
        var answer = new JsonObject { ["token"] = Sign(http.Request.Query["scope"]), ["expires_in"] = (int)Lifetime.TotalSeconds };
        http.Response.ContentType = "application/json";
        return http.Response.WriteAsync(answer.ToJsonString(), http.RequestAborted);
    }

    /// <summary>The token specification's "Token Authentication Implementation", with the certificate in the token's head.</summary>
    private string Sign(IEnumerable<string?> scopes)
    {
        var now = TimeProvider.System.GetUtcNow();
        var access = scopes.Select(scope => scope!.Split(':')).Select(parts => (JsonNode)new JsonObject
        {
            ["type"] = parts[0],
            ["name"] = string.Join(':', parts[1..^1]),
            ["actions"] = new JsonArray([.. parts[^1].Split(',').Select(action => (JsonNode)action)]),
        });
        var head = new JsonObject
        {
            ["typ"] = "JWT", ["alg"] = "ES256", ["x5c"] = new JsonArray(Convert.ToBase64String(_certificate.RawData)),
        };
        var body = new JsonObject
        {
            ["iss"] = Issuer,
            ["sub"] = User,
            ["aud"] = Service,
            ["exp"] = (now + Lifetime).ToUnixTimeSeconds(),
            ["nbf"] = now.AddMinutes(-1).ToUnixTimeSeconds(),
            ["iat"] = now.ToUnixTimeSeconds(),
            ["jti"] = Guid.NewGuid().ToString(),
            ["access"] = new JsonArray([.. access]),
        };
        var signed = $"{Encoded(head)}.{Encoded(body)}";
        var signature = _key.SignData(
            Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        return $"{signed}.{Base64Url.EncodeToString(signature)}";
    }

    private static string Encoded(JsonNode node) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(node));
}
