using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Regions;
using FastEcrProxy.Http;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Clients;

public sealed class CallerPermissionsTests
{
    private const string App = "team/app";
    private const string Nothing = "sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";

    private static readonly string LayerDigest = Digest.Of(EcrCallerRig.Layer).ToString();

    /// <summary>Every route, and the action of IAM without which it is refused.</summary>
    private static readonly (string Method, string Path, string Action)[] Routes =
    [
        ("GET", "/v2/{0}/manifests/1.0", "BatchGetImage"),
        ("HEAD", "/v2/{0}/manifests/1.0", "BatchGetImage"),
        ("GET", "/v2/{0}/manifests/nothing", "BatchGetImage"),
        ("GET", "/v2/{0}/blobs/" + LayerDigest, "GetDownloadUrlForLayer"),
        ("GET", "/v2/{0}/blobs/" + Nothing, "GetDownloadUrlForLayer"),
        ("HEAD", "/v2/{0}/blobs/" + LayerDigest, "BatchCheckLayerAvailability"),
        ("HEAD", "/v2/{0}/blobs/" + Nothing, "BatchCheckLayerAvailability"),
        ("GET", "/v2/{0}/tags/list", "ListImages"),
        ("GET", "/v2/{0}/referrers/" + LayerDigest, "ListImageReferrers"),
        ("POST", "/v2/{0}/blobs/uploads/", "InitiateLayerUpload"),
        ("POST", "/v2/{0}/blobs/uploads/", "CompleteLayerUpload"),
        ("PATCH", "/v2/{0}/blobs/uploads/some-upload", "CompleteLayerUpload"),
        ("PUT", "/v2/{0}/blobs/uploads/some-upload", "CompleteLayerUpload"),
        ("GET", "/v2/{0}/blobs/uploads/some-upload", "CompleteLayerUpload"),
        ("DELETE", "/v2/{0}/blobs/uploads/some-upload", "CompleteLayerUpload"),
        ("PUT", "/v2/{0}/manifests/2.0", "PutImage"),
        ("DELETE", "/v2/{0}/manifests/1.0", "BatchDeleteImage"),
        ("DELETE", "/v2/{0}/blobs/" + LayerDigest, "BatchDeleteImage"),
    ];

    private static readonly string[] Actions =
        [.. EcrActions.Pull.Concat(EcrActions.Push).Concat(EcrActions.Delete).Concat(EcrActions.List).Distinct()];

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task EveryRoute_IsRefusedExactlyWithoutItsPermission_InThatRepository()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        foreach (var (method, path, action) in Routes)
        {
            var all = new LocalIdentity("all").Allow(App, Actions);
            var lacking = new LocalIdentity("lacking").Allow(App, Actions.Where(other => IsNeedless(method, path, action, other)));
            var (may, mayNot) = (rig.Near.MintToken(all), rig.Near.MintToken(lacking));
            var (here, there) = (string.Format(null, path, App), string.Format(null, path, "team/secret"));

            Assert.Equal(
                (method, path, action, 200, 404, 404),
                (method, path, action,
                    await rig.StatusAsync(may, method, here),
                    await rig.StatusAsync(mayNot, method, here),
                    await rig.StatusAsync(may, method, there)));
        }

        Assert.Equal(["1.0"], rig.Near.Content.Find(App)!.Tags.Select(tag => tag.Key));
        Assert.NotNull(rig.Near.Content.Find(App)!.Blob(LayerDigest));
        Assert.Equal(
            rig.Asked.Count(entry => entry is { Kind: RequestKind.StartUpload, Status: 202 }),
            rig.Asked.Count(entry => entry is { Kind: RequestKind.CancelUpload, Status: 204 }));
        Assert.DoesNotContain(rig.Asked, entry => entry.Identity is null); // never with the proxy's own token
        Assert.Equal(0, rig.Near.Counters.Requests(RequestKind.GetAuthorizationToken));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Catalog_NeedsItsPermission()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var lister = rig.Near.MintToken(new LocalIdentity("lister").Allow(LocalIdentity.Anything, EcrActions.List));
        var puller = rig.Near.MintToken(new LocalIdentity("puller").Allow(LocalIdentity.Anything, EcrActions.Pull));

        Assert.Equal(200, await rig.StatusAsync(lister, "GET", "/v2/_catalog"));
        Assert.Equal(403, await rig.StatusAsync(puller, "GET", "/v2/_catalog"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Refused_IsAnsweredAsWhatDoesNotExist_WithoutAWordOfTheRegistrys()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var token = rig.Near.MintToken(new LocalIdentity("mallory").Allow("team/none", Actions));

        var refused = await rig.CheckAsync(token, "GET", "/v2/team/app/manifests/1.0");
        var missing = await rig.CheckAsync(token, "GET", "/v2/team/none/manifests/1.0");

        Assert.Equal(new OciError(404, "NAME_UNKNOWN", "There is no repository team/app, or it is not yours to see."), refused);
        Assert.Equal(refused! with { Message = refused.Message.Replace("app", "none", StringComparison.Ordinal) }, missing);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ManyLayers_AskOnceForEachPermission_AlsoAtTheSameTime()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var token = rig.Near.MintToken(Puller("puller"));
        var hang = rig.Near.Faults.Hang(RequestKind.GetBlob);

        var waiting = Enumerable.Range(0, 50).Select(_ => rig.StatusAsync(token, "GET", $"/v2/{App}/blobs/{Nothing}")).ToArray();
        await hang.ReachedAsync(TestContext.Current.CancellationToken);
        hang.Release();

        Assert.All(await Task.WhenAll(waiting), status => Assert.Equal(200, status));
        Assert.Equal(200, await rig.StatusAsync(token, "GET", $"/v2/{App}/blobs/{LayerDigest}"));
        Assert.Single(rig.Asked);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Callers_DoNotShareWhatIsRemembered()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var alice = rig.Near.MintToken(Puller("alice"));
        var bob = rig.Near.MintToken(new LocalIdentity("bob"));

        Assert.Equal(200, await rig.StatusAsync(alice, "GET", $"/v2/{App}/manifests/1.0"));
        Assert.Equal(404, await rig.StatusAsync(bob, "GET", $"/v2/{App}/manifests/1.0"));
        Assert.Equal(200, await rig.StatusAsync(alice, "GET", $"/v2/{App}/manifests/1.0"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TakenAway_EndsWithinTheTime()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var identity = Puller("puller");
        var token = rig.Near.MintToken(identity);
        await rig.StatusAsync(token, "GET", $"/v2/{App}/manifests/1.0");
        identity.Forbid(App, EcrActions.Pull);

        var remembered = await rig.StatusAsync(token, "GET", $"/v2/{App}/manifests/1.0");
        rig.Clock.Advance(EcrCallerRig.Options.Remember);
        var after = await rig.StatusAsync(token, "GET", $"/v2/{App}/manifests/1.0");

        Assert.Equal((200, 404), (remembered, after));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task EcrAway_LetsInWhoWasAllowed_AndTellsOthersToComeAgain()
    {
        await using var rig = await EcrCallerRig.StartAsync(ecr => [EcrCallerRig.Rule([ecr[Company.Near]])]);
        var (known, stranger) = (rig.Near.MintToken(Puller("known")), rig.Near.MintToken(Puller("stranger")));
        await rig.StatusAsync(known, "GET", $"/v2/{App}/manifests/1.0");
        rig.Clock.Advance(EcrCallerRig.Options.Remember);
        await rig.Ecr.GoDarkAsync(Company.Near);

        Assert.Equal(200, await rig.StatusAsync(known, "GET", $"/v2/{App}/manifests/1.0"));
        Assert.Equal(503, await rig.StatusAsync(known, "GET", $"/v2/{App}/blobs/{LayerDigest}"));
        Assert.Equal(503, await rig.StatusAsync(known, "GET", "/v2/team/secret/manifests/1.0"));
        Assert.Equal(503, await rig.StatusAsync(stranger, "GET", $"/v2/{App}/manifests/1.0"));

        rig.Clock.Advance(EcrCallerRig.Options.RememberIfDown);
        Assert.Equal(503, await rig.StatusAsync(known, "GET", $"/v2/{App}/manifests/1.0"));

        await rig.Ecr.ComeBackAsync(Company.Near, TestContext.Current.CancellationToken);
        rig.Clock.Advance(EcrCallerRig.Options.PauseIfDown);
        Assert.Equal(200, await rig.StatusAsync(stranger, "GET", $"/v2/{App}/manifests/1.0"));
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(405)]
    public async Task WhatSaysNothingAboutTheCaller_LetsNobodyIn(int status)
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var token = rig.Near.MintToken(Puller("puller"));
        rig.Near.Faults.Answer(RequestKind.GetBlob, status, times: Faults.Always);

        Assert.Equal(503, await rig.StatusAsync(token, "GET", $"/v2/{App}/blobs/{LayerDigest}"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TokenOfTheOtherRegion_IsAskedAboutThere_ForPullsOnly()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var identity = new LocalIdentity("traveller").Allow(App, Actions);
        var token = rig.Far.MintToken(identity);

        Assert.Equal(200, await rig.StatusAsync(token, "GET", $"/v2/{App}/manifests/1.0"));
        Assert.Equal(404, await rig.StatusAsync(token, "GET", "/v2/team/secret/manifests/1.0"));
        Assert.Equal(404, await rig.StatusAsync(token, "PUT", $"/v2/{App}/manifests/2.0")); // the primary does not know it
        Assert.DoesNotContain(rig.Far.Counters.Log, entry => entry.Method is "PUT");
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RegionThatMightKnowTheToken_IsNotPassedOverForOneThatDoesNot()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var token = rig.Far.MintToken(Puller("traveller"));
        await rig.Ecr.GoDarkAsync(Company.Far);

        Assert.Equal(503, await rig.StatusAsync(token, "GET", $"/v2/{App}/manifests/1.0"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ExpiredToken_MayDoNothing_AndTheProxysOwnIsNotRenewedForIt()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var token = rig.Near.MintToken(Puller("puller"));
        rig.Near.Faults.ExpireAllTokens();

        Assert.Equal(404, await rig.StatusAsync(token, "HEAD", $"/v2/{App}/manifests/1.0"));
        Assert.Equal(404, await rig.StatusAsync(token, "GET", $"/v2/{App}/blobs/{LayerDigest}"));
        Assert.All(rig.Asked.Where(entry => entry.TokenId is not null), entry => Assert.Equal(token.Id, entry.TokenId));
        Assert.Equal(0, rig.Near.Counters.Requests(RequestKind.GetAuthorizationToken));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ByAccount_EachAccountIsAskedForItself()
    {
        await using var rig = await EcrCallerRig.StartAsync(
            ecr => [EcrCallerRigRules.OfAccount(ecr.Main, ecr), EcrCallerRigRules.OfAccount(ecr[Company.Near, Company.OtherAccount], ecr)]);
        var token = rig.Near.MintToken(new LocalIdentity("neighbour").Allow($"{Company.OtherAccount}/{App}", EcrActions.Pull));

        Assert.Equal(404, await rig.StatusAsync(token, "GET", $"/v2/{rig.Near.AccountId}/{App}/manifests/1.0"));
        Assert.Equal(200, await rig.StatusAsync(token, "GET", $"/v2/{Company.OtherAccount}/{App}/manifests/1.0"));
        Assert.Equal(404, await rig.StatusAsync(token, "GET", $"/v2/{rig.Near.AccountId}/{App}/manifests/1.0"));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ByNamespace_OnlyWhatIsNamedAsEcrsIsAsked()
    {
        await using var rig = await EcrCallerRig.StartAsync(ecr => [EcrCallerRigRules.ByNamespace(ecr.Main)]);
        var token = rig.Near.MintToken(Puller("puller"));

        Assert.Null(await rig.CheckAsync(token, "GET", $"/v2/{App}/manifests/1.0", rig.Near.EcrHost));
        Assert.Equal(404, (await rig.CheckAsync(token, "GET", $"/v2/{App}/manifests/1.0", "registry.example.com"))?.Status);
        Assert.Single(rig.Asked);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RegistryThatIsNotEcrs_NeverSeesTheToken()
    {
        await using var rig = await EcrCallerRig.StartAsync(
            ecr =>
            [
                new RuleOptions
                {
                    Name = "others",
                    Registries =
                    [
                        new RegistryOptions(
                            "open", new UpstreamOptions { Endpoint = ecr.Registries[0].Registry, UsesEcrToken = false }, new()),
                    ],
                },
            ],
            local => local with { Registries = [new LocalRegistryOptions("open") { Auth = RegistryAuth.None }] });
        var token = rig.Near.MintToken(Puller("puller"));

        Assert.False(CallerPermissions.DecidesAbout(rig.To(App)));
        Assert.Equal(404, await rig.StatusAsync(token, "GET", $"/v2/{App}/manifests/1.0"));
        Assert.NotNull((await rig.RecogniseAsync(token)).Trouble);
        Assert.Equal(0, rig.Ecr.Registries[0].Counters.Requests());
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task MissingRepository_RefusesNoPushThatMakesItWhereARuleAllowsThat()
    {
        await using var rig = await EcrCallerRig.StartAsync(
            ecr => [EcrCallerRig.Rule([ecr[Company.Near]]) with { CreateRepositories = new() }]);
        var token = rig.Near.MintToken(new LocalIdentity("pusher").Allow("team/new", Actions));

        Assert.Equal(404, await rig.StatusAsync(token, "POST", "/v2/team/new/blobs/uploads/"));
        rig.MayMake = true;
        rig.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(200, await rig.StatusAsync(token, "POST", "/v2/team/new/blobs/uploads/"));
        Assert.Equal(404, await rig.StatusAsync(token, "GET", "/v2/team/new/manifests/1.0"));
        Assert.Equal(404, await rig.StatusAsync(token, "POST", "/v2/team/newer/blobs/uploads/"));
        Assert.Null(rig.Near.Content.Find("team/new"));
    }

    private static LocalIdentity Puller(string name) => new LocalIdentity(name).Allow(App, EcrActions.Pull);

    /// <summary>To know that a layer is there, the right to read it is enough.</summary>
    private static bool IsNeedless(string method, string path, string action, string other) =>
        other != action
        && !(method == "HEAD" && path.Contains("blobs", StringComparison.Ordinal) && other == "GetDownloadUrlForLayer");
}
