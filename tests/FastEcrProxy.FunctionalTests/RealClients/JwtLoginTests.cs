using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Tests.Clients;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Callers with tokens of an OIDC issuer, as jobs of GitHub and GitLab have them, for clients that know passwords only.</summary>
public sealed class JwtLoginTests : GuardedTests
{
    private const string AnyUser = "jwt";
    private const string Caller = "ci:repo:acme/app";

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(ClientKind.Podman)]
    [InlineData(ClientKind.Containerd)]
    public async Task TokenAsThePassword_LogsIn(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var issuer = Own(await IssuerServer.StartAsync());
        var proxy = await StartGuardedAsync(Trusting(issuer));
        var (image, from) = (Put(proxy), $"{proxy.Authority}/{Repository}:1.0");

        await AssertLoginFailsAsync(client, proxy.Authority, AnyUser, Token(issuer, audience: "registry.example.org"));
        await AssertKeptOutAsync(client, from, image);

        await LogInPullAndPushAsync(client, proxy, image, () => client.LoginAsync(proxy.Authority, AnyUser, Token(issuer)));
    }

    /// <summary>The second is what docker keeps for registries that gave it one in the place of a password.</summary>
    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Docker_ShowsATokenAsThePasswordAndAsItsIdentityToken()
    {
        var docker = Own(await DockerEngine.StartAsync(caFile: null));
        var issuer = Own(await IssuerServer.StartAsync());
        var proxy = await StartGuardedAsync(Trusting(issuer) with { Challenge = ChallengeKind.Bearer });
        var (image, from) = (Put(proxy), $"{proxy.Authority}/{Repository}:1.0");
        await AssertLoginFailsAsync(docker, proxy.Authority, AnyUser, Token(issuer, audience: "registry.example.org"));

        await LogInPullAndPushAsync(docker, proxy, image, () => docker.LoginAsync(proxy.Authority, AnyUser, Token(issuer)));
        (await docker.LogoutAsync(proxy.Authority)).MustSucceed();
        await docker.ForgetAsync();
        await AssertKeptOutAsync(docker, from, image);
        docker.KeepIdentityToken(proxy.Authority, Token(issuer));

        await PullRightAsync(docker, from, image);
        Assert.Contains(proxy.Log.Lines, static line => line.Contains(" POST /token 200 ", StringComparison.Ordinal));
    }

    private static async Task LogInPullAndPushAsync(
        ImageClient client, ProxyUnderTest proxy, SampleImage image, Func<Task<ProgramRun>> login)
    {
        var from = $"{proxy.Authority}/{Repository}:1.0";
        (await login()).MustSucceed();
        await PullRightAsync(client, from, image);
        (await client.PushAsync(from, $"{proxy.Authority}/{Target}:2.0")).MustSucceed();
        var elsewhere = await client.PushAsync(from, $"{proxy.Authority}/{Repository}:2.0");

        Assert.False(elsewhere.Succeeded);
        Assert.NotNull(proxy.Region.Content.Find(Target)!.ByTag("2.0"));
        Assert.Null(proxy.Region.Content.Find(Repository)!.ByTag("2.0"));
    }

    private static ClientOptions Trusting(IssuerServer issuer) => new()
    {
        Ways = [ClientWay.Jwt],
        Issuers = [new IssuerOptions { Name = "ci", Issuer = issuer.Url, Audiences = [TestIssuer.Audience] }],
        Rules = [Rule("*", Pull, Caller), Rule("team/*", PullAndPush, Caller)],
    };

    private static string Token(IssuerServer server, string audience = TestIssuer.Audience)
    {
        var claims = TestIssuer.Claims(TimeProvider.System.GetUtcNow());
        (claims["iss"], claims["aud"]) = (server.Url, audience);
        return server.Issuer.Sign(claims);
    }
}
