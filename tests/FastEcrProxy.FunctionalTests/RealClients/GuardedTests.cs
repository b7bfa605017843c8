using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.RealClients;

/// <summary>Real clients in front of a proxy that asks who they are.</summary>
public abstract class GuardedTests : RealClientTests
{
    private protected const string User = "alice";
    private protected const string Password = "correct horse";
    private protected const string Target = "team/pushed";

    /// <summary>What a client says in one of these words when it lacks credentials or has wrong ones.</summary>
    private const string OfAuthentication =
        "(?i)unauthorized|authentication|invalid username|no basic auth credentials|authorization failed|access denied";

    private protected static readonly ClientAction[] Pull = [ClientAction.Pull];
    private protected static readonly ClientAction[] PullAndPush = [ClientAction.Pull, ClientAction.Push];

    /// <summary>It takes pushes: who may push is for the rules to say.</summary>
    private protected Task<ProxyUnderTest> StartGuardedAsync(
        ClientOptions clients, TimeProvider? time = null, LocalEcrOptions? ecr = null) =>
        StartProxyAsync(settings => TakingPushes(settings) with { Clients = clients }, time, ecr);

    /// <summary>One user, and whoever else the other ways let in.</summary>
    private protected ClientOptions WithUser(params ClientWay[] ways) =>
        new() { Ways = ways, PasswordFile = Own(new PasswordFile((User, Password))).Path };

    private protected static AccessRule Rule(string repositories, ClientAction[] actions, params string[] names) => new()
    {
        Names = [.. names.Select(static name => new NamePattern(name))],
        Repositories = [new NamePattern(repositories)],
        Actions = actions.ToHashSet(),
    };

    /// <summary>An image in a repository, ready to be pulled, and an empty repository to push to.</summary>
    private protected static SampleImage Put(ProxyUnderTest proxy, string repository = Repository)
    {
        var image = SampleImage.BuildDocker(500_000);
        image.PutInto(proxy.Region.Content, repository, "1.0");
        if (proxy.Region.Content.Find(Target) is null)
        {
            proxy.Region.Content.CreateRepository(Target);
        }

        return image;
    }

    /// <summary>The client gets nothing, and says that it is because of who it is.</summary>
    private protected static async Task<ProgramRun> AssertKeptOutAsync(ImageClient client, string reference, SampleImage image)
    {
        var pull = await client.PullAsync(reference);

        Assert.False(pull.Succeeded, $"it was let in: {pull}");
        Assert.Matches(OfAuthentication, pull.All);
        Assert.False(await client.HoldsAsync(reference, image), $"it was not let in, and has {reference}");
        return pull;
    }

    /// <summary>The login is refused, where it asks; what is wrong with the credentials then shows with the next pull.</summary>
    private protected static async Task AssertLoginFailsAsync(ImageClient client, string host, string user, string password)
    {
        var login = await client.LoginAsync(host, user, password);

        Assert.NotEqual(client.LoginAsks, login.Succeeded);
        if (client.LoginAsks)
        {
            Assert.Matches(OfAuthentication, login.All);
        }
    }

    /// <summary>What a client said in the end, and nothing by which one time or repository could be told from another.</summary>
    private protected static string LastWords(ProgramRun run, string repository)
    {
        var words = run.Errors.Trim().Split('\n')[^1].Replace(repository, "REPOSITORY", StringComparison.Ordinal);
        return words.StartsWith("time=", StringComparison.Ordinal) ? words[words.IndexOf(' ', StringComparison.Ordinal)..] : words;
    }
}
