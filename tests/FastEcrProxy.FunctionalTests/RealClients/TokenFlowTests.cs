using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Some repositories are for everybody and some for users: clients get tokens, with credentials or without.</summary>
public sealed class TokenFlowTests : GuardedTests
{
    private const string Public = "public/app";
    private const string Private = "team/app";

    [Theory(Timeout = Until.TestMilliseconds), MemberData(nameof(EveryClient))]
    public async Task WhatIsForEverybody_IsPulledWithoutALogin_TheRestAfterOne(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var proxy = await StartGuardedAsync(WithUser(ClientWay.None, ClientWay.Basic) with
        {
            Rules = [Rule("public/*", Pull), Rule("team/*", PullAndPush, User)],
        });
        var (image, secret) = (Put(proxy, Public), Put(proxy, Private));
        var (host, from, hidden) = (proxy.Authority, $"{proxy.Authority}/{Public}:1.0", $"{proxy.Authority}/{Private}:1.0");

        await PullRightAsync(client, from, image);
        var refusal = await AssertKeptOutAsync(client, hidden, secret);
        var missing = await AssertKeptOutAsync(client, $"{host}/other/app:1.0", secret);
        Assert.Equal(LastWords(refusal, Private), LastWords(missing, "other/app"));

        await AssertLoginFailsAsync(client, host, User, "battery staple");
        (await client.LoginAsync(host, User, Password)).MustSucceed();
        await PullRightAsync(client, hidden, secret);
        (await client.PushAsync(hidden, $"{host}/{Target}:2.0")).MustSucceed();
        var push = await client.PushAsync(hidden, $"{host}/{Public}:2.0");
        Assert.False(push.Succeeded);
        Assert.Null(proxy.Region.Content.Find(Public)!.ByTag("2.0"));

        (await client.LogoutAsync(host)).MustSucceed();
        await client.ForgetAsync();
        await AssertKeptOutAsync(client, hidden, secret);
        await PullRightAsync(client, from, image);
    }

    /// <summary>Clients know when a token ends. One that does not is told, and has a new one with the next pull at the latest.</summary>
    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TokenThatEndsAmidAPull_IsSaidToBeInvalidAndReplaced()
    {
        var client = await StartAsync(ClientKind.Containerd);
        var clock = new MovedClock();
        var proxy = await StartGuardedAsync(WithUser(ClientWay.Basic) with { Challenge = ChallengeKind.Bearer }, clock);
        var (image, from) = (Put(proxy, Private), $"{proxy.Authority}/{Private}:1.0");
        (await client.LoginAsync(proxy.Authority, User, Password)).MustSucceed();
        using var held = proxy.Region.Faults.Hang(RequestKind.GetManifestByDigest, digest: ImageClient.PlatformOf(image).Digest);

        var pulling = client.PullAsync(from);
        await held.ReachedAsync(Cancel);
        clock.Move(SealedCredentials.Lasting);
        held.Release();
        var pull = await pulling;

        Assert.Contains(proxy.Log.Lines, line => line.Contains("The token has expired", StringComparison.Ordinal));
        Assert.True(pull.Succeeded || pull.All.Contains(Challenge.InvalidToken, StringComparison.Ordinal), $"{pull}");
        await PullRightAsync(client, from, image);
    }
}
