using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Callers with ECR tokens of their own, as they would log in to ECR itself: what IAM allows them, the proxy does.</summary>
public sealed class EcrLoginTests : GuardedTests
{
    private const string EcrUser = "AWS";
    private const string Mine = "team/app";

    private readonly LocalIdentity _reader = new LocalIdentity("reader").Allow(Mine, EcrActions.Pull);

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(ClientKind.Docker)]
    [InlineData(ClientKind.Podman)]
    [InlineData(ClientKind.Containerd)]
    public async Task WhoMayPullOneRepository_PullsThatAndNothingElse(ClientKind kind)
    {
        var client = await StartAsync(kind);
        var proxy = await StartGuardedAsync(
            new ClientOptions { Ways = [ClientWay.Ecr] }, ecr: new LocalEcrOptions { Identities = [_reader] });
        var (image, other) = (Put(proxy, Mine), Put(proxy, Repository));
        var (host, from, hidden) = (proxy.Authority, $"{proxy.Authority}/{Mine}:1.0", $"{proxy.Authority}/{Repository}:1.0");
        var password = proxy.Region.MintToken(_reader).Password;

        await AssertKeptOutAsync(client, from, image);
        await AssertLoginFailsAsync(client, host, EcrUser, password[..^8] + "AAAAAAA=");
        (await client.LoginAsync(host, EcrUser, password)).MustSucceed();
        await PullRightAsync(client, from, image);
        var push = await client.PushAsync(from, $"{host}/{Mine}:2.0");
        var pull = await client.PullAsync(hidden);
        var missing = await client.PullAsync($"{host}/demo/none:1.0");

        Assert.All([push, pull, missing], static run => Assert.False(run.Succeeded));
        Assert.False(await client.HoldsAsync(hidden, other));
        Assert.Equal(LastWords(missing, "demo/none"), LastWords(pull, Repository));
        Assert.Matches("not yours to see|404", push.All); // ctr keeps the sentence to itself
        Assert.Null(proxy.Region.Content.Find(Mine)!.ByTag("2.0"));
        Assert.DoesNotContain(proxy.Log.Lines, line => line.Contains(password, StringComparison.Ordinal));

        (await client.LogoutAsync(host)).MustSucceed();
        await client.ForgetAsync();
        await AssertKeptOutAsync(client, from, image);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task PasswordOfTheAwsCli_LogsInAsWithEcrItself()
    {
        Tools.Need("aws");
        var skopeo = await StartAsync(ClientKind.Skopeo);
        var proxy = await StartGuardedAsync(
            new ClientOptions { Ways = [ClientWay.Ecr] }, ecr: new LocalEcrOptions { Identities = [_reader] });
        var image = Put(proxy, Mine);
        skopeo.Room.Environment["AWS_ACCESS_KEY_ID"] = _reader.AccessKeyId;
        skopeo.Room.Environment["AWS_SECRET_ACCESS_KEY"] = _reader.SecretAccessKey;
        skopeo.Room.Environment["AWS_DEFAULT_REGION"] = proxy.Region.Name;

        var password = await skopeo.Room.RunAsync(
            "aws", "ecr", "get-login-password", "--endpoint-url", proxy.Region.ControlPlane.ToString());
        (await skopeo.LoginAsync(proxy.Authority, EcrUser, password.MustSucceed().Output.Trim())).MustSucceed();

        await PullRightAsync(skopeo, $"{proxy.Authority}/{Mine}:1.0", image);
    }
}
