using System.Net;
using System.Text.Json.Nodes;
using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.Tests.Clients;
using FastEcrProxy.Upstream;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.FunctionalTests.Clients;

/// <summary>Keys of an issuer over real connections, and issuers that do all they should not.</summary>
public sealed class OidcIssuerTests
{
    private readonly MovedClock _clock = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task KeysThatTheConfigurationLeadsTo_CheckTokens()
    {
        await using var server = await IssuerServer.StartAsync();
        using var callers = Callers(server);

        Assert.Equal("ci:repo:acme/app", (await RecogniseAsync(callers, server)).Caller?.Name);
        Assert.Equal(["/.well-known/openid-configuration", "/keys"], server.Asked);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task KeysOfAFile_AreTakenUpWhileItRuns()
    {
        await using var server = await IssuerServer.StartAsync();
        var directory = Directory.CreateTempSubdirectory("fep-keys-");
        var path = Path.Combine(directory.FullName, "keys.json");
        await File.WriteAllBytesAsync(path, server.Issuer.KeySet, Cancel);
        using var callers = Callers(server, options => options with { KeysFile = path });
        Assert.NotNull((await RecogniseAsync(callers, server)).Caller);

        server.Issuer.AddEc("new", "P-384");
        await File.WriteAllBytesAsync(path, server.Issuer.KeySet, Cancel);

        await Until.TrueAsync(async () => (await RecogniseAsync(callers, server, "new", "ES384")).Caller is not null);
        Assert.Empty(server.Asked);
        directory.Delete(recursive: true);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PrivateCa_IsTrustedWhereItIsConfiguredAndSaidToBeMissingWhereNot()
    {
        using var certificate = TestCertificate.For("localhost", IPAddress.Loopback);
        await using var server = await IssuerServer.StartAsync(certificate);
        using var trusting = Callers(server, options => options with { ExtraCertificates = [certificate] });
        using var distrusting = Callers(server);

        Assert.NotNull((await RecogniseAsync(trusting, server)).Caller);
        Assert.Contains("a CA that is not trusted", (await RecogniseAsync(distrusting, server)).Trouble, StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task IssuerThatHangs_IsGivenUpAfterItsTime()
    {
        await using var server = await IssuerServer.StartAsync();
        using var callers = Callers(server);
        var reached = new TaskCompletionSource();
        server.Keys = http =>
        {
            reached.TrySetResult();
            return Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, http.RequestAborted);
        };

        var recognising = RecogniseAsync(callers, server);
        await reached.Task.WaitAsync(Cancel);
        Assert.Equal(1, _clock.EndWaitsOf(IssuerDocuments.Patience));

        Assert.Contains("did not answer within 10 s", (await recognising).Trouble, StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task IssuerThatIsGone_IsSaidToBeGone()
    {
        var server = await IssuerServer.StartAsync();
        using var callers = Callers(server);
        var token = server.Issuer.Sign(Claims(server));
        await server.DisposeAsync();

        var proof = new ClientProof(IPAddress.Loopback, Bearer: token);

        Assert.Contains("refuses connections", (await callers.RecogniseAsync(proof, Cancel)).Trouble, StringComparison.Ordinal);
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData("huge", "larger than 256 KiB")]
    [InlineData("endless", "larger than 256 KiB")]
    [InlineData("elsewhere", "sends elsewhere")]
    [InlineData("othername", "sends elsewhere")]
    [InlineData("circle", "on and on")]
    [InlineData("error", "answers 500")]
    [InlineData("closed", "answers 401: it has to be open to everybody")]
    [InlineData("page", "is no set of keys (JWKS)")]
    [InlineData("cut", "broke before an answer")]
    public async Task IssuerThatMisbehaves_LeavesItUndecidedAndSaysWhy(string how, string why)
    {
        await using var elsewhere = await IssuerServer.StartAsync();
        await using var server = await IssuerServer.StartAsync();
        using var callers = Callers(server);
        server.Keys = http => MisbehaveAsync(http, how, elsewhere.Url);

        Assert.Contains(why, (await RecogniseAsync(callers, server)).Trouble, StringComparison.Ordinal);
        Assert.Empty(elsewhere.Asked);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RedirectOnTheSameHost_IsFollowed()
    {
        await using var server = await IssuerServer.StartAsync();
        using var callers = Callers(server);
        server.Keys = http =>
        {
            http.Response.Redirect("/moved");
            return Task.CompletedTask;
        };

        Assert.NotNull((await RecogniseAsync(callers, server)).Caller);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task KeyThatIsNew_IsFetchedWhenATokenNamesIt()
    {
        await using var server = await IssuerServer.StartAsync();
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        using var documents = new IssuerDocuments(null, TimeProvider.System);
        using var callers = new JwtCallers([Options(server)], _ => documents.GetAsync, time, NullLogger<JwtCallers>.Instance);
        Assert.NotNull((await RecogniseAsync(callers, server)).Caller);
        server.Issuer.AddEc("new", "P-384");
        server.Issuer.Withdraw("rsa");

        time.Advance(KeyTimes.OfIssuer.Again);

        Assert.NotNull((await RecogniseAsync(callers, server, "new", "ES384")).Caller);
        Assert.NotNull((await RecogniseAsync(callers, server)).Refusal);
        Assert.Equal(2, server.Asked.Count(path => path == "/keys"));
    }

    private static async Task MisbehaveAsync(HttpContext http, string how, string elsewhere)
    {
        var block = new byte[64 << 10];
        switch (how)
        {
            case "huge":
                http.Response.ContentLength = 1 << 30;
                await http.Response.StartAsync(http.RequestAborted);
                break;
            case "endless":
                while (!http.RequestAborted.IsCancellationRequested)
                {
                    await http.Response.Body.WriteAsync(block, http.RequestAborted);
                }

                break;
            case "elsewhere":
                http.Response.Redirect(elsewhere + "/keys");
                break;
            case "othername":
                http.Response.Redirect($"http://localhost:{http.Request.Host.Port}/moved");
                break;
            case "circle":
                http.Response.Redirect("/keys");
                break;
            case "error":
                http.Response.StatusCode = 500;
                break;
            case "closed":
                http.Response.StatusCode = 401;
                break;
            case "page":
                await http.Response.WriteAsync("<html>Sign in</html>", http.RequestAborted);
                break;
            default:
                http.Response.ContentLength = 100;
                await http.Response.Body.WriteAsync(block.AsMemory(0, 50), http.RequestAborted);
                http.Abort();
                break;
        }
    }

    private static IssuerOptions Options(IssuerServer server) =>
        new() { Name = "ci", Issuer = server.Url, Audiences = [TestIssuer.Audience] };

    private static JsonObject Claims(IssuerServer server)
    {
        var claims = TestIssuer.Claims(TimeProvider.System.GetUtcNow());
        claims["iss"] = server.Url;
        claims["jti"] = Guid.NewGuid().ToString();
        return claims;
    }

    private static Task<Recognition> RecogniseAsync(
        JwtCallers callers, IssuerServer server, string key = "rsa", string algorithm = "RS256") =>
        callers.RecogniseAsync(
            new ClientProof(IPAddress.Loopback, Bearer: server.Issuer.Sign(Claims(server), key, algorithm)), Cancel).AsTask();

    private JwtCallers Callers(IssuerServer server, Func<IssuerOptions, IssuerOptions>? change = null) => new(
        [change?.Invoke(Options(server)) ?? Options(server)],
        issuer => new IssuerDocuments(issuer.ExtraCertificates, _clock).GetAsync,
        _clock,
        NullLogger<JwtCallers>.Instance);
}
