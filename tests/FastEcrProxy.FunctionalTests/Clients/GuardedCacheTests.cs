using System.Net;
using System.Text;
using FastEcrProxy.Clients;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.LocalEcr;

namespace FastEcrProxy.FunctionalTests.Clients;

/// <summary>What is in the cache is for those only who may read it where it comes from, whoever had it fetched.</summary>
public sealed class GuardedCacheTests
{
    private const string Mine = "team/app";
    private const string Others = "other/app";

    private readonly LocalIdentity _reader = new LocalIdentity("reader").Allow(Mine, [.. EcrActions.Pull, .. EcrActions.List]);
    private readonly LocalIdentity _all =
        new LocalIdentity("everything").Allow(LocalIdentity.Anything, [.. EcrActions.Pull, .. EcrActions.List]);
    private readonly SampleImage _image = SampleImage.Build(300_000);

    /// <summary>Every way to read something of a repository.</summary>
    private IEnumerable<string> Targets(string repository)
    {
        yield return $"/v2/{repository}/manifests/1.0";
        yield return $"/v2/{repository}/manifests/{_image.Digest}";
        yield return $"/v2/{repository}/manifests/{_image.Platforms[0].Digest}";
        foreach (var blob in _image.Blobs)
        {
            yield return $"/v2/{repository}/blobs/{blob.Digest}";
        }

        yield return $"/v2/{repository}/tags/list";
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task WhoMayReadOneRepository_GetsThatAndNothingOfAnotherCachedOrNot(bool cached, bool ecrIsDown)
    {
        await using var proxy = await StartAsync(new ClientOptions { Ways = [ClientWay.Ecr] });
        using var client = new PullClient();
        var (reader, everything) = (HeaderOf(proxy, _reader), HeaderOf(proxy, _all));
        if (cached)
        {
            await AssertAllAsync(proxy, client, everything, HttpStatusCode.OK, Mine, Others);
            await AssertAllAsync(proxy, client, reader, HttpStatusCode.OK, Mine);
        }

        if (ecrIsDown)
        {
            foreach (var origin in Enum.GetValues<OriginName>())
            {
                await proxy.Region.Faults.GoDarkAsync(origin);
            }
        }

        // Whether a blob may be had and whether it may be known to be there are two questions; the second was not asked before.
        foreach (var method in ecrIsDown ? [HttpMethod.Get] : new[] { HttpMethod.Get, HttpMethod.Head })
        {
            // Lists are asked of ECR each time, so they are not there while it is down.
            foreach (var target in Targets(Mine).Where(target => !ecrIsDown || !target.EndsWith("list", StringComparison.Ordinal)))
            {
                Assert.Equal(HttpStatusCode.OK, await StatusAsync(proxy, client, method, target, reader));
            }

            foreach (var target in Targets(Others))
            {
                var hidden = await StatusAsync(proxy, client, method, target, reader);
                Assert.Equal(ecrIsDown ? HttpStatusCode.ServiceUnavailable : HttpStatusCode.NotFound, hidden);
                Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(proxy, client, method, target));
            }
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RepositoryThatIsNotYours_IsToldOfAsOneThatIsNotThere()
    {
        await using var proxy = await StartAsync(new ClientOptions
        {
            Ways = [ClientWay.None],
            Rules =
            [
                new AccessRule { Repositories = [new NamePattern("team/*")], Actions = new HashSet<ClientAction> { ClientAction.Pull } },
            ],
        });
        using var client = new PullClient();

        foreach (var path in new[] { "manifests/1.0", $"blobs/{_image.Blobs[0].Digest}", "tags/list" })
        {
            using var notThere = await client.GetAsync($"{proxy.Url}/v2/team/sub/{path}");
            using var notYours = await client.GetAsync($"{proxy.Url}/v2/{Others}x/{path}");
            using var notYoursEither = await client.GetAsync($"{proxy.Url}/v2/{Others}/{path}");

            var told = await ToldAsync(notThere, "team/sub");
            Assert.Equal(told, await ToldAsync(notYours, Others + "x"));
            Assert.Equal(told, await ToldAsync(notYoursEither, Others));
            Assert.StartsWith("404", told, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WhatIsForbiddenLater_IsServedNoLongerThanItIsRemembered()
    {
        await using var proxy = await StartAsync(new ClientOptions
        {
            Ways = [ClientWay.Ecr],
            Ecr = new EcrCallerOptions { Remember = TimeSpan.Zero, RememberIfDown = TimeSpan.Zero },
        });
        using var client = new PullClient();
        var reader = HeaderOf(proxy, _reader);
        await AssertAllAsync(proxy, client, reader, HttpStatusCode.OK, Mine);

        _reader.Forbid(Mine, [.. EcrActions.Pull, .. EcrActions.List]);

        await AssertAllAsync(proxy, client, reader, HttpStatusCode.NotFound, Mine);
    }

    private static async Task<string> ToldAsync(HttpResponseMessage answer, string repository)
    {
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var headers = answer.Headers.Concat(answer.Content.Headers).Select(header => header.Key).Order();
        return $"{(int)answer.StatusCode} {string.Join(' ', headers)} {body.Replace(repository, "REPOSITORY", StringComparison.Ordinal)}";
    }

    private static async Task<HttpStatusCode> StatusAsync(
        ProxyUnderTest proxy, PullClient client, HttpMethod method, string target, params (string, string)[] headers)
    {
        using var answer = await client.SendAsync(method, proxy.Url + target, headers);
        await answer.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private static (string Name, string Value) HeaderOf(ProxyUnderTest proxy, LocalIdentity identity) => (
        "Authorization",
        "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"AWS:{proxy.Region.MintToken(identity).Password}")));

    private async Task<ProxyUnderTest> StartAsync(ClientOptions clients)
    {
        var proxy = await ProxyUnderTest.StartAsync(
            new LocalEcrOptions { Identities = [_reader, _all] }, settings => settings with { Clients = clients });
        _image.PutInto(proxy.Region.Content, Mine, "1.0");
        _image.PutInto(proxy.Region.Content, Others, "1.0");
        return proxy;
    }

    private async Task AssertAllAsync(
        ProxyUnderTest proxy, PullClient client, (string, string) caller, HttpStatusCode expected, params string[] repositories)
    {
        foreach (var target in repositories.SelectMany(Targets))
        {
            Assert.Equal(expected, await StatusAsync(proxy, client, HttpMethod.Get, target, caller));
        }
    }
}
