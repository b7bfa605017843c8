using System.Net;
using System.Text;
using FastEcrProxy.Clients;
using FastEcrProxy.Tests.Oci;

namespace FastEcrProxy.Tests.Http;

public sealed class ClientGateTests : IAsyncLifetime
{
    private static readonly byte[] Layer = Encoding.UTF8.GetBytes("a layer that not everybody may read");

    // Who may do what. The password of each is the name.
    private static readonly AccessRule[] Rules =
    [
        Rule("anonymous", "public/*", ClientAction.Pull),
        Rule("ann", "team/*", ClientAction.Pull),
        Rule("ci", "team/*", ClientAction.Pull, ClientAction.Push),
        Rule("root", "*", Enum.GetValues<ClientAction>()),
    ];

    private readonly string _users = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
    private PullProxy _proxy = null!;

    public async ValueTask InitializeAsync()
    {
        string[] users = ["ann", "ci", "root"];
        await File.WriteAllLinesAsync(_users, users.Select(name => $"{name}:{BCrypt.Net.BCrypt.HashPassword(name, 4)}"));
        _proxy = Start(ClientWay.Basic, ClientWay.None);
    }

    public async ValueTask DisposeAsync()
    {
        await _proxy.DisposeAsync();
        File.Delete(_users);
    }

    private static string Blob(string repository) => $"/v2/{repository}/blobs/{FastEcrProxy.Oci.Digest.Of(Layer)}";

    /// <summary>Every kind of route, for a repository.</summary>
    private static IEnumerable<(string Method, string Target, ClientAction Action)> Routes(string repository)
    {
        var digest = Digests.Sha256A;
        foreach (var read in new[] { "GET", "HEAD" })
        {
            yield return (read, $"/v2/{repository}/manifests/latest", ClientAction.Pull);
            yield return (read, $"/v2/{repository}/manifests/{digest}", ClientAction.Pull);
            yield return (read, $"/v2/{repository}/blobs/{digest}", ClientAction.Pull);
            yield return (read, $"/v2/{repository}/tags/list", ClientAction.Pull);
            yield return (read, $"/v2/{repository}/referrers/{digest}", ClientAction.Pull);
            yield return (read, $"/v2/{repository}/blobs/uploads/1-2-3", ClientAction.Push);
        }

        yield return ("PUT", $"/v2/{repository}/manifests/latest", ClientAction.Push);
        yield return ("POST", $"/v2/{repository}/blobs/uploads/", ClientAction.Push);
        yield return ("PATCH", $"/v2/{repository}/blobs/uploads/1-2-3", ClientAction.Push);
        yield return ("PUT", $"/v2/{repository}/blobs/uploads/1-2-3?digest={digest}", ClientAction.Push);
        yield return ("DELETE", $"/v2/{repository}/blobs/uploads/1-2-3", ClientAction.Push);
        yield return ("DELETE", $"/v2/{repository}/manifests/latest", ClientAction.Delete);
        yield return ("DELETE", $"/v2/{repository}/blobs/{digest}", ClientAction.Delete);
    }

    public static TheoryData<string, string, string, bool> Matrix
    {
        get
        {
            var data = new TheoryData<string, string, string, bool>();
            foreach (var user in new[] { "", "ann", "ci", "root" })
            {
                foreach (var repository in new[] { "public/app", "team/app", "other/app" })
                {
                    foreach (var (method, target, action) in Routes(repository))
                    {
                        var name = user.Length == 0 ? "anonymous" : user;
                        data.Add(user, method, target, Rules.Any(rule =>
                            rule.Actions.Contains(action) && rule.Names[0].Matches(name) && rule.Repositories[0].Matches(repository)));
                    }
                }

                data.Add(user, "GET", "/v2/_catalog", user == "root");
            }

            return data;
        }
    }

    [Theory, MemberData(nameof(Matrix))]
    public async Task EveryRoute_IsOpenToThoseOnlyWhoseRulesSaySoAndNobodyIsAskedBefore(
        string user, string method, string target, bool isAllowed)
    {
        var asked = _proxy.Registry.AskedCount;

        var answer = await AskAsync(method, target, user);

        var status = answer.Context.Response.StatusCode;
        if (isAllowed)
        {
            Assert.True(_proxy.Registry.AskedCount > asked || status is not (401 or 403), $"{status} {answer.Text}");
            return;
        }

        Assert.Equal(asked, _proxy.Registry.AskedCount);
        Assert.Contains(status, user.Length == 0 ? [401] : new[] { 403, 404 });
        Assert.Equal(user.Length == 0, answer["WWW-Authenticate"].Length > 0);
    }

    /// <summary>A new kind of route has to come into the matrix.</summary>
    [Fact]
    public void Matrix_HasEveryKindOfRoute()
    {
        var kinds = Routes("team/app").Select(route => route.Target).Append("/v2/_catalog").Append("/v2/").Select(target =>
        {
            Assert.Null(FastEcrProxy.Oci.OciRoute.TryParse(target.Split('?')[0], out var route));
            return route.Kind;
        });

        Assert.Equal(Enum.GetValues<FastEcrProxy.Oci.RouteKind>().Order(), kinds.Distinct().Order());
    }

    [Fact]
    public async Task CachedLayer_IsServedToNobodyWhoMayNotReadItsRepository()
    {
        _proxy.Registry.Blob("team/app", Layer);
        Assert.Equal(200, (await AskAsync("GET", Blob("team/app"), "ann")).Context.Response.StatusCode);
        await _proxy.StoredAsync(FastEcrProxy.Oci.Digest.Of(Layer));
        _proxy.Registry.Blob("other/app", Layer);

        var hidden = await AskAsync("GET", Blob("other/app"), "ann");
        var anonymous = await AskAsync("GET", Blob("team/app"), "");
        var allowed = await AskAsync("GET", Blob("team/app"), "ci");

        Assert.Equal((404, 401, 200), (
            hidden.Context.Response.StatusCode, anonymous.Context.Response.StatusCode, allowed.Context.Response.StatusCode));
        Assert.Equal(Layer, allowed.Sent);
    }

    [Fact]
    public async Task WhoMayPullAndWantsMore_IsToldThatInPlainWords()
    {
        var answer = await AskAsync("PUT", "/v2/team/app/manifests/latest", "ann");

        Assert.Equal(403, answer.Context.Response.StatusCode);
        Assert.Contains("You may not push to team/app.", answer.Text, StringComparison.Ordinal);
        Assert.Contains("DENIED", answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongPassword_IsRefusedLaterAndLaterAndThenNotLookedAt()
    {
        for (var i = 0; i < 20; i++)
        {
            var answer = await RefusedAsync(
                () => new ClientExchange("GET", "/v2/", Basic("ann", $"wrong {i}")).ThroughAsync(_proxy.Pipeline));
            Assert.Equal(401, answer.Context.Response.StatusCode);
        }

        var blocked = await AskAsync("GET", "/v2/", "ann");

        Assert.Equal(429, blocked.Context.Response.StatusCode);
        Assert.InRange(int.Parse(blocked["Retry-After"]), 1, 300);
        Assert.Contains(_proxy.Log.Lines, line => line.Contains("not known here. (wrong password)", StringComparison.Ordinal));
        Assert.DoesNotContain(_proxy.Log.Lines, line => line.Contains("wrong 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task WhoIsRemembered_IsServedThoughTheirAddressIsBlocked()
    {
        Assert.Equal(200, (await AskAsync("GET", "/v2/", "ci")).Context.Response.StatusCode);
        await WrongPassword_IsRefusedLaterAndLaterAndThenNotLookedAt();

        Assert.Equal(200, (await AskAsync("GET", "/v2/", "ci")).Context.Response.StatusCode);
    }

    [Fact]
    public async Task Ping_OfWhoShowsNothingWhereSomeMay_SendsForATokenAndWhateverIsGotForItIsTaken()
    {
        var ping = await AskAsync("GET", "/v2/", "");
        Assert.Equal(401, ping.Context.Response.StatusCode);
        Assert.Equal("Bearer realm=\"http://registry.test/token\",service=\"registry.test\"", ping["WWW-Authenticate"]);

        var anonymous = await TokenAsync("");
        var ann = await TokenAsync("ann");

        Assert.Equal(200, (await AskWithAsync("/v2/", anonymous)).Context.Response.StatusCode);
        Assert.Equal(200, (await AskWithAsync("/v2/", ann)).Context.Response.StatusCode);
        Assert.Equal(401, (await AskWithAsync("/v2/team/app/tags/list", anonymous)).Context.Response.StatusCode);
        Assert.Equal(404, (await AskWithAsync("/v2/team/app/tags/list", ann)).Context.Response.StatusCode); // the stub has none
        Assert.Equal(404, (await AskWithAsync("/v2/public/app/tags/list", anonymous)).Context.Response.StatusCode);
    }

    [Fact]
    public async Task Challenge_SaysForWhatATokenIsNeededAndWhetherTheOneShownWasNotEnough()
    {
        var none = await AskAsync("GET", "/v2/team/app/manifests/latest", "");
        var weak = await AskWithAsync("/v2/team/app/manifests/latest", await TokenAsync(""));

        Assert.EndsWith(",scope=\"repository:team/app:pull\"", none["WWW-Authenticate"], StringComparison.Ordinal);
        Assert.EndsWith(
            ",scope=\"repository:team/app:pull\",error=\"insufficient_scope\"", weak["WWW-Authenticate"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task TokenThatHasExpired_IsToBeHadAnewAndHeldAgainstNobody()
    {
        var token = await TokenAsync("ann");
        _proxy.Time.Advance(SealedCredentials.Lasting);

        for (var i = 0; i < 50; i++)
        {
            var answer = await AskWithAsync("/v2/", token);
            Assert.Equal(401, answer.Context.Response.StatusCode);
            Assert.EndsWith(",error=\"invalid_token\"", answer["WWW-Authenticate"], StringComparison.Ordinal);
        }

        Assert.Equal(200, (await AskAsync("GET", "/v2/", "ann")).Context.Response.StatusCode);
    }

    [Fact]
    public async Task UserWhoIsRemoved_IsOutThoughTheirTokenIsStillGood()
    {
        var token = await TokenAsync("ann");
        await File.WriteAllTextAsync(
            _users, $"ci:{BCrypt.Net.BCrypt.HashPassword("ci", 4)}\n", TestContext.Current.CancellationToken);
        _proxy.Time.Advance(TimeSpan.FromSeconds(5));

        var answer = await RefusedAsync(() => AskWithAsync("/v2/", token));

        Assert.Equal(401, answer.Context.Response.StatusCode);
    }

    [Fact]
    public async Task WithoutAnonymous_PingAsksForAPassword()
    {
        await using var proxy = Start(ClientWay.Basic);

        var ping = await new ClientExchange("GET", "/v2/", ("Host", "registry.test")).ThroughAsync(proxy.Pipeline);

        Assert.Equal(401, ping.Context.Response.StatusCode);
        Assert.Equal("Basic realm=\"registry.test\", charset=\"UTF-8\"", ping["WWW-Authenticate"]);
        Assert.Contains("UNAUTHORIZED", ping.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NetworksAlone_TurnOthersAwayWithoutAskingForAPassword()
    {
        await using var proxy = Start(ClientWay.Networks);

        var inside = await FromAsync(proxy, "10.1.2.3");
        var outside = await FromAsync(proxy, "192.0.2.1");

        Assert.Equal((200, 403), (inside.Context.Response.StatusCode, outside.Context.Response.StatusCode));
        Assert.Equal("", outside["WWW-Authenticate"]);

        static Task<ClientExchange> FromAsync(PullProxy proxy, string address)
        {
            var exchange = new ClientExchange("GET", "/v2/", ("Host", "registry.test"));
            exchange.Context.Connection.RemoteIpAddress = IPAddress.Parse(address);
            return exchange.ThroughAsync(proxy.Pipeline);
        }
    }

    [Fact]
    public async Task LayerOfARepositoryThatTheCallerMayNotRead_IsNotMountedFromThere()
    {
        var digest = FastEcrProxy.Oci.Digest.Of(Layer);

        await AskAsync("POST", $"/v2/team/app/blobs/uploads/?mount={digest}&from=other/app", "ci");
        await AskAsync("POST", $"/v2/team/app/blobs/uploads/?mount={digest}&from=team/base", "ci");

        var asked = _proxy.Registry.Asked();
        Assert.Contains(asked, line => line.Contains("from=team", StringComparison.Ordinal));
        Assert.DoesNotContain(asked, line => line.Contains("from=other", StringComparison.Ordinal));
    }

    private static AccessRule Rule(string name, string repositories, params ClientAction[] actions) => new()
    {
        Names = [new NamePattern(name)], Repositories = [new NamePattern(repositories)], Actions = actions.ToHashSet(),
    };

    private static (string Name, string Value) Basic(string user, string password) =>
        ("Authorization", "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));

    private PullProxy Start(params ClientWay[] ways) => new(catalog: true, push: true, clients: new ClientOptions
    {
        Ways = ways,
        PasswordFile = _users,
        Networks = [IPNetwork.Parse("10.0.0.0/8")],
        Rules = ways.Contains(ClientWay.Networks) ? [] : Rules,
    });

    private Task<ClientExchange> AskAsync(string method, string target, string user)
    {
        (string, string)[] headers = user.Length == 0 ? [] : [Basic(user, user)];
        return new ClientExchange(method, target, [("Host", "registry.test"), .. headers]).ThroughAsync(_proxy.Pipeline);
    }

    /// <summary>A request whose credentials are wrong: its answer is held back, and the clock is moved on for it.</summary>
    private async Task<ClientExchange> RefusedAsync(Func<Task<ClientExchange>> ask)
    {
        var waits = _proxy.Time.Waits;
        var answering = ask();
        await PullProxy.UntilAsync(() => _proxy.Time.Waits > waits || answering.IsCompleted);
        Assert.False(answering.IsCompleted, "It was told at once.");
        _proxy.Time.Advance(TimeSpan.FromSeconds(2));
        return await answering;
    }

    private Task<ClientExchange> AskWithAsync(string target, string token) =>
        new ClientExchange("GET", target, ("Host", "registry.test"), ("Authorization", $"Bearer {token}")).ThroughAsync(_proxy.Pipeline);

    private async Task<string> TokenAsync(string user)
    {
        var answer = await AskAsync("GET", "/token?service=registry.test", user);
        Assert.Equal(200, answer.Context.Response.StatusCode);
        return System.Text.Json.JsonDocument.Parse(answer.Sent).RootElement.GetProperty("token").GetString()!;
    }
}
