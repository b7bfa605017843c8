using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Users with passwords, who are all that is let in, asked for a password or sent for a token.</summary>
public sealed class LoginTests : GuardedTests
{
    private const int LongPassword = 5000; // that of ECR has 4400 characters

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(EveryClient))]
    public async Task OnlyWhoIsLoggedIn_PullsAndPushes(ClientKind kind)
    {
        var client = await StartAsync(kind);
        foreach (var challenge in (ChallengeKind[])[ChallengeKind.Basic, ChallengeKind.Bearer])
        {
            var proxy = await StartGuardedAsync(WithUser(ClientWay.Basic) with { Challenge = challenge });
            var image = Put(proxy);
            var (host, from, to) = (proxy.Authority, $"{proxy.Authority}/{Repository}:1.0", $"{proxy.Authority}/{Target}:2.0");

            await AssertKeptOutAsync(client, from, image);
            await AssertLoginFailsAsync(client, host, User, "battery staple");
            await AssertKeptOutAsync(client, from, image);
            Assert.Equal(0, proxy.Region.Counters.Requests(RequestKind.AnyManifest));

            (await client.LoginAsync(host, User, Password)).MustSucceed();
            await PullRightAsync(client, from, image);
            (await client.PushAsync(from, to)).MustSucceed();
            Assert.NotNull(proxy.Region.Content.Find(Target)!.ByTag("2.0"));

            (await client.LogoutAsync(host)).MustSucceed();
            await client.ForgetAsync();
            await AssertKeptOutAsync(client, from, image);
            Assert.DoesNotContain(proxy.Log.Lines, line => line.Contains(Password, StringComparison.Ordinal));
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PasswordOfFiveThousandCharacters_IsTaken()
    {
        var docker = await StartAsync(ClientKind.Docker);
        var password = string.Concat(Enumerable.Range(0, LongPassword).Select(static index => (char)('a' + (index % 26))));
        var users = Own(new PasswordFile((User, password)));
        foreach (var challenge in (ChallengeKind[])[ChallengeKind.Basic, ChallengeKind.Bearer])
        {
            var proxy = await StartGuardedAsync(
                new ClientOptions { Ways = [ClientWay.Basic], PasswordFile = users.Path, Challenge = challenge });
            var image = Put(proxy);

            (await docker.LoginAsync(proxy.Authority, User, password)).MustSucceed();

            await PullRightAsync(docker, $"{proxy.Authority}/{Repository}:1.0", image);
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task CredentialsGivenWithTheCommand_WorkForBothSides()
    {
        var skopeo = Own(Skopeo.Start(caFile: null));
        var proxy = await StartGuardedAsync(WithUser(ClientWay.Basic));
        Put(proxy);
        var (from, to) = ($"docker://{proxy.Authority}/{Repository}:1.0", $"docker://{proxy.Authority}/{Target}:2.0");

        var half = await skopeo.CopyAsync(from, to, "--all", "--src-creds", $"{User}:{Password}");
        var whole = await skopeo.CopyAsync(from, to, "--all", "--src-creds", $"{User}:{Password}", "--dest-creds", $"{User}:{Password}");

        Assert.False(half.Succeeded);
        whole.MustSucceed();
        (await skopeo.AskAsync("list-tags", "--creds", $"{User}:{Password}", $"docker://{proxy.Authority}/{Target}")).MustSucceed();
        Assert.False((await skopeo.AskAsync("list-tags", $"docker://{proxy.Authority}/{Target}")).Succeeded);
    }
}
