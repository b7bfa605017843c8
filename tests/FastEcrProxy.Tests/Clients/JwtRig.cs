using System.Net;
using System.Text.Json.Nodes;
using FastEcrProxy.Clients;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Upstream;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Clients;

/// <summary>The way <c>jwt</c> with one issuer whose documents come from memory, and a clock that stands.</summary>
internal sealed class JwtRig : IDisposable
{
    private readonly Lazy<JwtCallers> _callers;

    public JwtRig(TestIssuer? issuer = null)
    {
        Issuer = issuer ?? new TestIssuer();
        _callers = new Lazy<JwtCallers>(() => new JwtCallers([.. Options], _ => FetchAsync, Time, Log));
    }

    public TestIssuer Issuer { get; }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2030, 1, 1, 0, 0, 0, TimeSpan.Zero));

    public LogLines<JwtCallers> Log { get; } = new();

    /// <summary>To be changed before the first question.</summary>
    public List<IssuerOptions> Options { get; set; } =
        [new() { Name = "ci", Issuer = TestIssuer.Url, Audiences = ["other.example.com", TestIssuer.Audience] }];

    /// <summary>Whether the issuer is down.</summary>
    public bool IsDown { get; set; }

    /// <summary>Answers nothing before this is done; null: at once.</summary>
    public Task? Held { get; set; }

    /// <summary>What was asked for, by path.</summary>
    public List<string> Fetched { get; } = [];

    public JsonObject Claims => TestIssuer.Claims(Time.GetUtcNow());

    public static RequiredClaim Required(string text) =>
        RequiredClaim.TryParse(text, out var required) ? required : throw new ArgumentException(text);

    public static ClaimPath Claim(string text) => ClaimPath.TryParse(text, out var path) ? path : throw new ArgumentException(text);

    public Recognition Recognise(string token) => RecogniseAsync(new ClientProof(IPAddress.Loopback, Bearer: token)).Result;

    public Caller? Recall(ClientProof proof) => _callers.Value.Recall(proof);

    public Task<Recognition> RecogniseAsync(ClientProof proof) =>
        _callers.Value.RecogniseAsync(proof, TestContext.Current.CancellationToken).AsTask();

    public void Dispose() => _callers.Value.Dispose();

    private async Task<Fetched<byte[]>> FetchAsync(Uri address, CancellationToken cancel)
    {
        lock (Fetched)
        {
            Fetched.Add(address.AbsolutePath);
        }

        await (Held ?? Task.CompletedTask).WaitAsync(cancel);
        return IsDown ? new FetchFailure(FetchError.Unreachable, "It is down.")
            : address.AbsolutePath == "/keys" ? Issuer.KeySet
            : TestIssuer.Configuration();
    }
}
