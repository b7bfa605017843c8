using System.Net;
using System.Text;
using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Balancers;

/// <summary>The address that a trusted balancer tells is the one that counts for everything: networks, rules, wrong passwords.</summary>
public sealed class ToldAddressTests : IDisposable
{
    private const string Office = "192.0.2.7";
    private const string Elsewhere = "198.51.100.7";

    private readonly string _users = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public ToldAddressTests() => File.WriteAllText(_users, $"ann:{BCrypt.Net.BCrypt.HashPassword("right", 4)}\n");

    public void Dispose() => File.Delete(_users);

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true, 404, 403)] // there is no such image
    [InlineData(false, 403, 403)] // whoever is not trusted may tell what they like
    public async Task Networks_GoByIt(bool isTrusted, int office, int elsewhere)
    {
        await using var proxy = await StartAsync(isTrusted, new ClientOptions
        {
            Ways = [ClientWay.Networks], Networks = [IPNetwork.Parse("192.0.2.0/24")],
        });

        Assert.Equal((office, elsewhere), (await StatusAsync(proxy, Office), await StatusAsync(proxy, Elsewhere)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Rules_GoByIt()
    {
        var rule = new AccessRule
        {
            Networks = [IPNetwork.Parse("192.0.2.0/24")], Actions = new HashSet<ClientAction> { ClientAction.Pull },
        };
        await using var proxy = await StartAsync(isTrusted: true, new ClientOptions { Rules = [rule] });
        proxy.Region.Content.PutBlob("team/app", LayerContent.Generate(10));

        Assert.Equal((200, 404), (await StatusAsync(proxy, Office), await StatusAsync(proxy, Elsewhere)));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WrongPasswords_AreHeldAgainstIt()
    {
        await using var proxy = await StartAsync(isTrusted: true, new ClientOptions
        {
            Ways = [ClientWay.Basic], PasswordFile = _users, FailuresMost = 1,
        });

        Assert.Equal(401, await StatusAsync(proxy, Elsewhere, "wrong"));

        Assert.Equal((429, 404), (await StatusAsync(proxy, Elsewhere, "right"), await StatusAsync(proxy, Office, "right")));
    }

    private static Task<ProxyUnderTest> StartAsync(bool isTrusted, ClientOptions clients) =>
        ProxyUnderTest.StartAsync(adjust: settings => settings with
        {
            Listen = settings.Listen with { TrustedProxies = isTrusted ? [IPNetwork.Parse("127.0.0.0/8")] : [] },
            Clients = clients,
        });

    private static async Task<int> StatusAsync(ProxyUnderTest proxy, string address, string? password = null)
    {
        using var client = new PullClient();
        (string, string)[] headers = password is null
            ? [("X-Forwarded-For", address)]
            :
            [
                ("X-Forwarded-For", address),
                ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"ann:{password}"))),
            ];
        using var answer = await client.GetAsync($"{proxy.Url}/v2/team/app/tags/list", headers);
        return (int)answer.StatusCode;
    }
}
