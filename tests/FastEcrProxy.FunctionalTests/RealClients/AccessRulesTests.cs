using System.Net;
using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Who is let in and may not do everything: what the client then says.</summary>
public sealed class AccessRulesTests : GuardedTests
{
    private const string Team = "team/app";

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(ClientKind.Podman)]
    [InlineData(ClientKind.Docker)]
    public async Task UserWhoMayOnlyPull_IsToldSo_AndNothingOfOtherRepositories(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var proxy = await StartGuardedAsync(WithUser(ClientWay.Basic) with { Rules = [Rule("team/*", Pull, User)] });
        var (image, other) = (Put(proxy, Team), Put(proxy, Repository));
        var (host, from) = (proxy.Authority, $"{proxy.Authority}/{Team}:1.0");
        (await client.LoginAsync(host, User, Password)).MustSucceed();

        await PullRightAsync(client, from, image);
        var push = await client.PushAsync(from, $"{host}/{Target}:2.0");
        var hidden = await client.PullAsync($"{host}/{Repository}:1.0");
        var missing = await client.PullAsync($"{host}/demo/none:1.0");
        var missingOfTeam = await client.PullAsync($"{host}/team/none:1.0");

        Assert.False(push.Succeeded);
        Assert.Contains($"You may not push to {Target}", push.All, StringComparison.Ordinal);
        Assert.False(await client.HoldsAsync($"{host}/{Repository}:1.0", other));
        Assert.All([hidden, missing, missingOfTeam], static pull => Assert.False(pull.Succeeded));
        Assert.Equal(LastWords(missing, "demo/none"), LastWords(hidden, Repository));
        Assert.Equal(LastWords(missing, "demo/none"), LastWords(missingOfTeam, "team/none"));
        Assert.Null(proxy.Region.Content.Find(Target)!.ByTag("2.0"));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(ClientKind.Skopeo)]
    [InlineData(ClientKind.Containerd)]
    public async Task ClientOfANetwork_PullsWithoutALogin_AndDoesNotPush(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var proxy = await StartGuardedAsync(new ClientOptions
        {
            Ways = [ClientWay.Networks],
            Networks = [IPNetwork.Parse("127.0.0.0/8")],
            Rules = [Rule("*", Pull, "127.0.0.0/8")],
        });
        var image = Put(proxy);
        var from = $"{proxy.Authority}/{Repository}:1.0";

        await PullRightAsync(client, from, image);
        var push = await client.PushAsync(from, $"{proxy.Authority}/{Target}:2.0");

        Assert.False(push.Succeeded);
        Assert.Matches("denied|403", push.All); // ctr keeps the sentence to itself
        Assert.Null(proxy.Region.Content.Find(Target)!.ByTag("2.0"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientOfANetworkThatHasUsersToo_IsTheUserOnceItHasLoggedIn()
    {
        var podman = await StartAsync(ClientKind.Podman);
        var proxy = await StartGuardedAsync(WithUser(ClientWay.Networks, ClientWay.Basic) with
        {
            Networks = [IPNetwork.Parse("127.0.0.0/8")],
            Rules = [Rule("*", Pull), Rule("team/*", PullAndPush, User)],
        });
        var image = Put(proxy);
        var (host, from, to) = (proxy.Authority, $"{proxy.Authority}/{Repository}:1.0", $"{proxy.Authority}/{Target}:2.0");

        await PullRightAsync(podman, from, image);
        Assert.False((await podman.PushAsync(from, to)).Succeeded);
        await AssertLoginFailsAsync(podman, host, User, "battery staple");
        (await podman.LoginAsync(host, User, Password)).MustSucceed();

        (await podman.PushAsync(from, to)).MustSucceed();
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ClientOfAnotherNetwork_IsToldThatItIsNotLetIn()
    {
        var skopeo = await StartAsync(ClientKind.Skopeo);
        var proxy = await StartGuardedAsync(new ClientOptions
        {
            Ways = [ClientWay.Networks],
            Networks = [IPNetwork.Parse("10.0.0.0/8")],
        });
        Put(proxy);

        var pull = await skopeo.PullAsync($"{proxy.Authority}/{Repository}:1.0");

        Assert.False(pull.Succeeded);
        Assert.Contains("403", pull.All, StringComparison.Ordinal);
    }
}
