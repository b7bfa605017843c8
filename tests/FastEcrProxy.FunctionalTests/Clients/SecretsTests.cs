using System.Net;
using System.Text;
using System.Text.Json;
using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Clients;

/// <summary>What clients show is nowhere to be read afterwards: not in the log at its most talkative, an answer, or a metric.</summary>
public sealed class SecretsTests : IDisposable
{
    private const string User = "ann";
    private const string Password = "correct-horse-battery-staple";
    private const string WrongPassword = "wrong-horse-battery-staple";

    private readonly string _users = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());

    public SecretsTests() => File.WriteAllText(_users, $"{User}:{BCrypt.Net.BCrypt.HashPassword(Password, 4)}\n");

    public void Dispose() => File.Delete(_users);

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Credentials_AreNowhereToBeReadWhetherTheyAreRightOrWrong()
    {
        var reader = new LocalIdentity("reader").Allow("team/app", EcrActions.Pull);
        await using var proxy = await ProxyUnderTest.StartAsync(
            new LocalEcrOptions { Identities = [reader] },
            settings => settings with
            {
                Clients = new ClientOptions
                {
                    Ways = [ClientWay.Basic, ClientWay.Jwt, ClientWay.Ecr, ClientWay.None], PasswordFile = _users, FailuresMost = 0,
                },
            });
        using var client = new PullClient();
        var token = proxy.Region.MintToken(reader).Password;
        var jwt = $"{Encoded("{\"alg\":\"RS256\",\"kid\":\"x\"}")}.{Encoded("{\"iss\":\"https://issuer.example\"}")}.c2lnbmF0dXJl";
        var bearer = await TokenAsync(client, proxy, Basic(User, Password));
        string[] headers =
        [
            Basic(User, Password), Basic(User, WrongPassword), Basic("AWS", token), Basic("AWS", token[..^8] + "AAAAAAA="),
            Basic("oidc", jwt), $"Bearer {jwt}", $"Bearer {bearer}", $"Bearer {bearer[..^4]}AAAA",
        ];
        var told = new StringBuilder();
        foreach (var header in headers)
        {
            foreach (var path in new[] { "/v2/", "/token", "/v2/team/app/manifests/latest", "/v2/team/none/tags/list" })
            {
                using var answer = await client.GetAsync(proxy.Url + path, ("Authorization", header));
                told.Append(answer.Headers);
                if (path != "/token") // what it gives out is a secret of its own
                {
                    told.Append(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
                }
            }
        }

        told.Append(Encoding.UTF8.GetString(await client.GetBytesAsync($"{proxy.AdminUrl}/metrics")));
        told.AppendJoin('\n', proxy.Log.Lines);

        string[] secrets =
        [
            Password, WrongPassword, token[..40], jwt.Split('.')[2], bearer[..40],
            .. headers.Where(static header => header.StartsWith("Basic ", StringComparison.Ordinal)).Select(static header => header[6..30]),
        ];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, told.ToString(), StringComparison.Ordinal));
        Assert.Contains("wrong password", told.ToString(), StringComparison.Ordinal); // so that the log is what was looked at
    }

    private static async Task<string> TokenAsync(PullClient client, ProxyUnderTest proxy, string header)
    {
        using var answer = await client.GetAsync($"{proxy.Url}/token", ("Authorization", header));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var json = JsonDocument.Parse(await answer.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken));
        return json.RootElement.GetProperty("token").GetString()!;
    }

    private static string Basic(string user, string password) =>
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}"));

    private static string Encoded(string json) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(json)).TrimEnd('=').Replace('+', '-').Replace('/', '_');
}
