using FastEcrProxy.Ecr;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace FastEcrProxy.Tests.Ecr;

public sealed class EcrTokensTests : IAsyncDisposable
{
    private static readonly EcrOptions Frankfurt = new() { Region = "eu-central-1" };

    private readonly FakeTimeProvider _time = new();
    private readonly List<(EcrOptions Options, FakeEcrApi Api)> _asked = [];
    private readonly EcrTokens _tokens;
    private EcrFailure? _failure; // of whoever is asked for the first time

    public EcrTokensTests() => _tokens = new EcrTokens(Open, _time, NullLogger<TokenRefresher>.Instance);

    public static TheoryData<string> Differences =>
        ["service", "region", "fips", "dual-stack", "control plane", "profile", "role", "external id"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => _tokens.DisposeAsync();

    [Fact]
    public async Task TenRegistriesOfOneRegion_ShareOneToken()
    {
        _tokens.Start();
        for (var registry = 0; registry < 10; registry++)
        {
            Assert.Equal("token-1", (await _tokens.For(new EcrOptions { Region = "eu-central-1" }).GetAsync(Cancel))?.Header);
        }

        Assert.Equal(1, Assert.Single(_asked).Api.Calls);
        Assert.Equal("ECR token for eu-central-1", Assert.Single(_tokens.All).What);
    }

    [Theory, MemberData(nameof(Differences))]
    public void OtherPlaceOrIdentity_HasATokenOfItsOwn(string difference)
    {
        var other = difference switch
        {
            "service" => Frankfurt with { Service = EcrService.Public },
            "region" => Frankfurt with { Region = "eu-west-1" },
            "fips" => Frankfurt with { Fips = true },
            "dual-stack" => Frankfurt with { DualStack = true },
            "control plane" => Frankfurt with { ControlPlane = new Uri("https://ecr.example") },
            "profile" => Frankfurt with { Identity = new AwsIdentity { Profile = "team" } },
            "role" => Frankfurt with { Identity = Role(externalId: null) },
            _ => Frankfurt with { Identity = Role("other") },
        };
        _tokens.For(Frankfurt with { Identity = difference == "external id" ? Role("one") : AwsIdentity.Default });

        Assert.NotSame(_tokens.All.Single(), _tokens.For(other));
        Assert.Same(_tokens.For(other), _tokens.For(other with { }));
    }

    [Fact]
    public void SameIdentityWrittenTwice_IsOne() =>
        Assert.Same(
            _tokens.For(Frankfurt with { Identity = Role("one") }), _tokens.For(Frankfurt with { Identity = Role("one") }));

    [Fact]
    public void TokenOfThePublicRegistry_IsThatOfItsOnlyRegion() =>
        Assert.Same(
            _tokens.For(Frankfurt with { Service = EcrService.Public }),
            _tokens.For(new EcrOptions { Service = EcrService.Public, Region = "us-east-1" }));

    [Fact]
    public void PatienceMakesNoDifference() =>
        Assert.Same(_tokens.For(Frankfurt), _tokens.For(Frankfurt with { TotalTimeout = TimeSpan.FromSeconds(1) }));

    [Fact]
    public async Task Start_KeepsAllFresh_ThoseThatComeLaterToo()
    {
        var first = _tokens.For(Frankfurt);
        _tokens.Start();
        foreach (var refresher in (TokenRefresher[])[first, _tokens.For(Frankfurt with { Region = "eu-west-1" })])
        {
            Assert.NotNull(await refresher.GetAsync(Cancel));
        }

        _time.Advance(TimeSpan.FromHours(7));

        foreach (var (_, api) in _asked)
        {
            await api.SecondCall.WaitAsync(Cancel);
        }
    }

    /// <summary>Else a name that a client made up would have the proxy look as if its own token were over.</summary>
    [Fact]
    public async Task TokenThatARequestNeeds_CountsWhenItHasBeenGiven()
    {
        var own = _tokens.For(Frankfurt);
        _tokens.Start();
        await own.GetAsync(Cancel);
        _failure = new EcrFailure(EcrError.Unreachable, "no such Region");
        var others = _tokens.For(Frankfurt with { Region = "xx-nowhere-1" });

        Assert.Null(await others.GetAsync(Cancel));
        Assert.Equal([own], _tokens.All);

        _asked[1].Api.Failure = null;
        _time.Advance(TimeSpan.FromHours(1));
        Assert.NotNull(await others.GetAsync(Cancel));
        Assert.Equal([own, others], _tokens.All);

        _asked[1].Api.Failure = new EcrFailure(EcrError.Unreachable, "away");
        _time.Advance(TimeSpan.FromHours(13));
        Assert.Null(others.ExpiresAt);
        Assert.Equal([own, others], _tokens.All); // what was served with and is over, is worth a look
    }

    [Fact]
    public async Task End_IsTheEndOfWhatIsBeingAskedFor()
    {
        var refresher = _tokens.For(Frankfurt);
        _asked[0].Api.Hold();
        _tokens.Start();
        var waiting = refresher.GetAsync(Cancel);

        await _tokens.DisposeAsync();

        Assert.Null(await waiting);
    }

    [Fact]
    public void OptionsThatChangeLater_ChangeNothing()
    {
        var options = new EcrOptions { Region = "eu-central-1" };
        _tokens.For(options);

        options.Region = "eu-west-1";

        Assert.Equal("eu-central-1", _asked[0].Options.Region);
    }

    [Theory]
    [InlineData(null, "ECR token")]
    [InlineData("eu-west-1", "ECR token for eu-west-1")]
    public void Token_IsCalledByItsPlace(string? region, string expected) =>
        Assert.Equal(expected, _tokens.For(new EcrOptions { Region = region }).What);

    [Fact]
    public void Token_IsCalledByItsIdentity_WithoutTheExternalId() =>
        Assert.Equal(
            "ECR Public token (role arn:aws:iam::123456789012:role/pull)",
            _tokens.For(new EcrOptions { Service = EcrService.Public, Identity = Role("external-1") }).What);

    private static AwsIdentity Role(string? externalId) =>
        AwsIdentity.Read(null, "arn:aws:iam::123456789012:role/pull", externalId, null, null).Identity;

    private FakeEcrApi Open(EcrOptions options)
    {
        _asked.Add((options, new FakeEcrApi(_time) { Failure = _failure }));
        return _asked[^1].Api;
    }
}
