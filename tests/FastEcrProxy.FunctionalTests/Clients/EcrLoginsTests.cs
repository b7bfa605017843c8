using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Regions;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Clients;

public sealed class EcrLoginsTests
{
    private static readonly LocalIdentity Nobody = new("nobody");

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Token_IsTakenByItsRegion_WhateverItMayDoThere()
    {
        await using var rig = await EcrCallerRig.StartAsync();

        var near = await rig.RecogniseAsync(rig.Near.MintToken(Nobody));
        var far = await rig.RecogniseAsync(rig.Far.MintToken(Nobody));
        var neighbour = await rig.RecogniseAsync(rig.Ecr[Company.Near, Company.OtherAccount].MintToken(Nobody));

        Assert.All([near, far, neighbour], recognition => Assert.NotNull(recognition.Caller));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task TokenOfARegionThatIsNotConfigured_AndAnExpiredOne_AreRefused()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        var expired = rig.Near.MintToken(Nobody);
        rig.Near.Faults.ExpireAllTokens();

        Assert.NotNull((await rig.RecogniseAsync(rig.Ecr[Company.Farthest].MintToken(Nobody))).Refusal);
        Assert.NotNull((await rig.RecogniseAsync(expired)).Refusal);
        Assert.Empty(rig.Ecr[Company.Farthest].Counters.Log);
        Assert.Equal(0, rig.Near.Counters.Requests(RequestKind.GetAuthorizationToken));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task WrongRegion_MayAlsoBeAnsweredWith400()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        rig.Near.Faults.Answer(RequestKind.Ping, 400, times: Faults.Always);

        Assert.NotNull((await rig.RecogniseAsync(rig.Far.MintToken(Nobody))).Caller);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task RegionThatMightKnowTheToken_DoesNotAnswer_NothingIsDecided()
    {
        await using var rig = await EcrCallerRig.StartAsync();
        await rig.Ecr.GoDarkAsync(Company.Far);

        Assert.NotNull((await rig.RecogniseAsync(rig.Near.MintToken(Nobody))).Caller);
        Assert.NotNull((await rig.RecogniseAsync(rig.Far.MintToken(Nobody))).Trouble);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task OneRegistryOfARegion_IsEnough()
    {
        await using var rig = await EcrCallerRig.StartAsync(
            ecr => [EcrCallerRig.Rule([ecr.Main, ecr[Company.Near, Company.OtherAccount], ecr[Company.Far]])]);

        Assert.NotNull((await rig.RecogniseAsync(rig.Ecr[Company.Farthest].MintToken(Nobody))).Refusal);
        Assert.Equal(2, rig.Asked.Count());
    }

    [Theory(Timeout = Until.TestMilliseconds)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task ByAccount_TheAccountsListed_ElseTheProxysOwn(bool isListed)
    {
        await using var rig = await EcrCallerRig.StartAsync(
            ecr => [EcrCallerRigRules.OfAccount(ecr.Main, ecr, isListed)], hasOwnToken: !isListed);

        Assert.NotNull((await rig.RecogniseAsync(rig.Near.MintToken(Nobody))).Caller);
        Assert.Equal(isListed ? 0 : 1, rig.Near.Counters.Requests(RequestKind.GetAuthorizationToken));
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ByNamespace_TheProxysOwn_WhereNoNameIsSpelledOut()
    {
        await using var rig = await EcrCallerRig.StartAsync(ecr => [EcrCallerRigRules.ByNamespace(ecr.Main)], hasOwnToken: true);

        Assert.NotNull((await rig.RecogniseAsync(rig.Near.MintToken(Nobody))).Caller);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task OwnRegistry_IsAskedWhereAwsAloneKnowsIt()
    {
        await using var rig = await EcrCallerRig.StartAsync(
            ecr =>
            [
                EcrCallerRig.Rule([ecr.Main]) with
                {
                    Registries = [WithoutAddress(Company.Registry(ecr.Main))],
                },
            ],
            local => local with { ProxyEndpointIsLocal = true },
            hasOwnToken: true);

        Assert.NotNull((await rig.RecogniseAsync(rig.Near.MintToken(Nobody))).Caller);
        Assert.Equal("nobody", Assert.Single(rig.Asked).Identity);
    }

    private static RegistryOptions WithoutAddress(RegistryOptions registry) =>
        registry with { Upstream = registry.Upstream with { Host = null, Endpoint = null } };
}
