using FastEcrProxy.Ecr;
using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.FunctionalTests.Requests;
using FastEcrProxy.LocalEcr;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;
using ServerAuth = FastEcrProxy.LocalEcr.RegistryAuth;

namespace FastEcrProxy.FunctionalTests.Upstream;

/// <summary>Registries that are no private ECR: what they are shown, and what their token services are asked.</summary>
public sealed class RegistryAuthTests
{
    private static readonly LocalRegistryOptions WithTokens = new("hub") { Auth = ServerAuth.Bearer };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Password_IsShown()
    {
        await using var rig = await RegistryRig.StartAsync(new("harbor") { Auth = ServerAuth.Basic }, registry => new RegistryAuthOptions
        {
            Kind = RegistryAuthKind.Basic, User = registry.User, Password = registry.Password,
        });

        Assert.Equal(rig.Manifest, (await rig.GetManifestAsync()).Value!.Bytes.ToArray());
        Assert.Equal(rig.Layer, await rig.GetLayerAsync());
        await Until.TrueAsync(() => rig.Local.Counters.Log.All(entry => entry.Status == 200)); // known once all of it is sent
    }

    [Fact]
    public async Task AnonymousToken_IsAskedForOnce_ForAllWhoComeAtTheSameTime()
    {
        await using var rig = await RegistryRig.StartAsync(
            WithTokens with { AnonymousPull = true }, _ => new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer });
        Assert.Equal(rig.Manifest, (await rig.GetManifestAsync()).Value!.Bytes.ToArray());
        rig.Local.Faults.ExpireAllTokens();

        var pulls = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => rig.GetManifestAsync().AsTask()));

        Assert.All(pulls, pull => Assert.Equal(rig.Manifest, pull.Value!.Bytes.ToArray()));
        Assert.Equal(rig.Layer, await rig.GetLayerAsync());
        Assert.Equal(2, rig.TokensAsked);
        Assert.Equal(["-", "b1"], rig.TokensSeen().Take(2));
        Assert.Equal("b2", rig.TokensSeen().Last());
    }

    [Fact]
    public async Task TokenServiceElsewhere_IsShownThePassword_WhichTheRegistryNeverSees()
    {
        await using var rig = await RegistryRig.StartAsync(
            WithTokens with { TokensElsewhere = true }, registry => new RegistryAuthOptions
            {
                Kind = RegistryAuthKind.Bearer, User = registry.User, Password = registry.Password,
                AllowedTokenHosts = [registry.TokenService.Authority],
            });

        Assert.Equal(rig.Manifest, (await rig.GetManifestAsync()).Value!.Bytes.ToArray());

        Assert.Equal(["-", "b1"], rig.TokensSeen());
        Assert.Equal(
            "?service=registry.local&scope=repository%3Ateam%2Fapp%3Apull",
            rig.Local.Counters.Log.Single(entry => entry.Origin is OriginName.Tokens).Query);
    }

    [Fact]
    public async Task TokenServiceThatNobodyNamed_IsNotAsked()
    {
        await using var rig = await RegistryRig.StartAsync(
            WithTokens with { TokensElsewhere = true }, registry => new RegistryAuthOptions
            {
                Kind = RegistryAuthKind.Bearer, User = registry.User, Password = registry.Password,
            });

        var failure = (await rig.GetManifestAsync()).Failure!;

        Assert.Equal(FetchError.BadAnswer, failure.Error);
        Assert.Contains($"{rig.Local.TokenService.Authority}, which is not allowed", failure.Reason, StringComparison.Ordinal);
        Assert.Equal(0, rig.TokensAsked);
    }

    [Fact]
    public async Task PasswordThatIsChangedInItsFile_IsTakenUp()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "of yesterday", Cancel);
        await using var rig = await RegistryRig.StartAsync(WithTokens, registry => new RegistryAuthOptions
        {
            Kind = RegistryAuthKind.Bearer, User = registry.User, PasswordFile = file,
        });
        var refused = (await rig.GetManifestAsync()).Failure!;
        await File.WriteAllTextAsync(file, rig.Local.Password + "\n", Cancel);

        await Polling.UntilAsync("the new password is taken up", async () => (await rig.GetManifestAsync()).Value is not null);

        Assert.Equal(FetchError.Unreachable, refused.Error);
        Assert.Contains("The token service 127.0.0.1", refused.Reason, StringComparison.Ordinal);
        File.Delete(file);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task SilentTokenService_IsGivenUpInTime()
    {
        var clock = new MovedClock();
        await using var rig = await RegistryRig.StartAsync(
            WithTokens with { AnonymousPull = true }, _ => new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer }, clock);
        using var hang = rig.Local.Faults.Hang(RequestKind.GetBearerToken);

        var asking = rig.GetManifestAsync().AsTask();
        await hang.ReachedAsync(Cancel);
        await Until.TrueAsync(() => clock.EndWaitsOf(ProxyUnderTest.Patience) == 1);
        var failure = (await asking).Failure!;

        Assert.Equal(FetchError.Unreachable, failure.Error);
        Assert.StartsWith($"No token from {rig.Local.TokenService.Authority}: ", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public async Task EndlessAnswer_IsNoToken()
    {
        await using var rig = await RegistryRig.StartAsync(
            WithTokens with { AnonymousPull = true }, _ => new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer });
        rig.Local.Faults.Answer(RequestKind.GetBearerToken, 200, body: new string(' ', 1 << 20), contentType: "application/json");

        Assert.Equal(FetchError.BadAnswer, (await rig.GetManifestAsync()).Failure!.Error);
    }

    [Fact]
    public async Task MissingPermission_IsSaid_AndCostsNoTokenEachTime()
    {
        await using var rig = await RegistryRig.StartAsync(
            WithTokens with { AnonymousPull = true }, _ => new RegistryAuthOptions { Kind = RegistryAuthKind.Bearer });

        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(FetchError.Refused, (await rig.Client.ListRepositoriesAsync(null, null, Cancel)).Failure!.Error);
        }

        Assert.Equal(1, rig.TokensAsked);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EcrPublic_IsPulledFrom_WithOneTokenForEverything(bool asSomebody)
    {
        await using var rig = await RegistryRig.StartAsync(
            LocalRegistryOptions.EcrPublic() with { AnonymousPull = !asSomebody }, _ => new RegistryAuthOptions
            {
                Kind = RegistryAuthKind.EcrPublic, Aws = asSomebody ? AwsIdentity.Default : null,
            });

        Assert.Equal(rig.Manifest, (await rig.GetManifestAsync()).Value!.Bytes.ToArray());
        Assert.Equal(rig.Layer, await rig.GetLayerAsync());
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(rig.Layer.Length, (await rig.Client.HeadBlobAsync(UpstreamRig.App, rig.LayerDigest, Cancel)).Value!.Length);
        }

        Assert.Equal(3, rig.Local.Counters.Requests(RequestKind.HeadBlob));
        Assert.Equal(1, rig.TokensAsked);
        Assert.All(rig.TokensSeen(), token => Assert.Equal("b1", token));
    }

    [Fact]
    public async Task EcrPublicsTokenThatIsOver_IsRenewed()
    {
        await using var rig = await RegistryRig.StartAsync(
            LocalRegistryOptions.EcrPublic(), _ => new RegistryAuthOptions { Kind = RegistryAuthKind.EcrPublic });
        await rig.GetManifestAsync();

        rig.Local.Faults.ExpireAllTokens();
        Assert.Equal(rig.Manifest, (await rig.GetManifestAsync()).Value!.Bytes.ToArray());

        Assert.Equal(["b1", "b1", "b2"], rig.TokensSeen());
        await Until.TrueAsync(() => rig.Local.Counters.Log.Count(entry => entry.Status == 400) == 1);
    }
}
