using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RegistriesTests : IDisposable
{
    private const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly Digest Content = Digest.Of("content"u8);

    private TwoRegistries _two = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _two.Dispose();

    [Fact]
    public async Task NearestHasIt_NobodyElseIsAsked()
    {
        _two.Answers(TwoRegistries.Near, _ => Head()).Answers(TwoRegistries.Far, _ => Head());

        var (head, _) = await _two.HeadAsync("1.0");

        Assert.Equal(Content, head!.Digest);
        Assert.All(_two.Asked, asked => Assert.StartsWith(TwoRegistries.Near, asked, StringComparison.Ordinal));
        Assert.Empty(_two.Events.Ids);
    }

    [Fact]
    public async Task NearestLagsBehind_TheNextIsAsked()
    {
        _two.Answers(TwoRegistries.Near, _ => Unknown()).Answers(TwoRegistries.Far, _ => Head());

        var (head, _) = await _two.HeadAsync("1.0");

        Assert.Equal(Content, head!.Digest);
        Assert.Contains("NotFound", _two.Events.Text, StringComparison.Ordinal);
        Assert.Contains("manifest team/app:1.0", _two.Events.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task NearestIsDown_TheNextIsAsked()
    {
        _two.IsDown(TwoRegistries.Near).Answers(TwoRegistries.Far, _ => Head());

        var (head, _) = await _two.HeadAsync("1.0");

        Assert.Equal(Content, head!.Digest);
        Assert.Equal([5010], _two.Events.Ids);
    }

    [Fact]
    public async Task NobodyHasIt_TheNearestsWordIsTold()
    {
        _two.Answers(TwoRegistries.Near, _ => Unknown()).Answers(TwoRegistries.Far, _ => Unknown());

        var (_, failure) = await _two.HeadAsync("1.0");

        Assert.Equal(FetchError.NotFound, failure!.Error);
        Assert.Contains(TwoRegistries.Near, failure.Reason, StringComparison.Ordinal);
    }

    /// <summary>What one does not have another may, and that one cannot be asked: nobody knows that it does not exist.</summary>
    [Theory]
    [InlineData(TwoRegistries.Near, TwoRegistries.Far)]
    [InlineData(TwoRegistries.Far, TwoRegistries.Near)]
    public async Task OneDoesNotHaveItAndTheOtherIsDown_IsAnOutage(string without, string down)
    {
        _two.Answers(without, _ => Unknown()).IsDown(down);

        var (_, failure) = await _two.HeadAsync("1.0");

        Assert.Equal(FetchError.Unreachable, failure!.Error);
    }

    [Fact]
    public async Task RefusedByOne_TheOtherIsAsked()
    {
        _two.Answers(TwoRegistries.Near, _ => Answers.Of(400, Answers.NoPermission)).Answers(TwoRegistries.Far, _ => Head());

        var (head, _) = await _two.HeadAsync("1.0");

        Assert.NotNull(head);
    }

    [Fact]
    public async Task OneThatIsDown_IsPassedByUntilAProbeReachesIt()
    {
        _two.IsDown(TwoRegistries.Near).Answers(TwoRegistries.Far, _ => Head());
        for (var i = 0; i < RegistryHealth.FailuresToOpen; i++)
        {
            await _two.HeadAsync("1.0");
        }

        _two.Asked.Clear();
        await _two.HeadAsync("1.0");
        Assert.All(_two.Asked, asked => Assert.StartsWith(TwoRegistries.Far, asked, StringComparison.Ordinal));

        _two.Answers(TwoRegistries.Near, request => request.RequestUri!.AbsolutePath == "/v2/" ? Answers.Of(200, "{}") : Head());
        await _two.HeadAsync("1.0");
        Assert.All(_two.Asked, asked => Assert.StartsWith(TwoRegistries.Far, asked, StringComparison.Ordinal));

        _two.Time.Advance(TimeSpan.FromSeconds(20));
        await Task.WhenAll(_two.Probes.Begin(Cancel));
        _two.Asked.Clear();
        await _two.HeadAsync("1.0");

        Assert.All(_two.Asked, asked => Assert.StartsWith(TwoRegistries.Near, asked, StringComparison.Ordinal));
        Assert.Contains(5011, _two.Events.Ids);
        Assert.Contains(5012, _two.Events.Ids);
    }

    [Fact]
    public async Task AllAreDown_IsSaidAtOnce()
    {
        _two.IsDown(TwoRegistries.Near).IsDown(TwoRegistries.Far);
        for (var i = 0; i < RegistryHealth.FailuresToOpen; i++)
        {
            await _two.HeadAsync("1.0");
        }

        _two.Asked.Clear();
        var (_, failure) = await _two.HeadAsync("1.0");

        Assert.Equal(FetchError.Unreachable, failure!.Error);
        Assert.Contains("is down", failure.Reason, StringComparison.Ordinal);
        Assert.Empty(_two.Asked);
    }

    [Fact]
    public async Task PrimaryFirst_IsForTagsOnly()
    {
        _two.Dispose();
        _two = new TwoRegistries(rule => rule with { Primary = $"https://{TwoRegistries.Far}", PrefersPrimaryForTags = true });
        _two.Answers(TwoRegistries.Near, _ => Head()).Answers(TwoRegistries.Far, _ => Head());

        await _two.HeadAsync("1.0");
        await _two.HeadAsync(Content.ToString());

        Assert.Equal(
            [$"{TwoRegistries.Far} HEAD /v2/team/app/manifests/1.0", $"{TwoRegistries.Near} HEAD /v2/team/app/manifests/{Content}"],
            _two.Asked);
    }

    [Theory]
    [InlineData(90, 10, TwoRegistries.Far)] // the soonest
    [InlineData(18, 14, TwoRegistries.Near)] // a small difference changes nothing
    public async Task ByLatency_TheSoonestIsAskedFirst(int nearMilliseconds, int farMilliseconds, string first)
    {
        _two.Dispose();
        _two = new TwoRegistries(static rule => rule with { Order = RegistryOrder.Latency });
        _two.Answers(TwoRegistries.Near, _ => Head()).Answers(TwoRegistries.Far, _ => Head());
        _two.Named(TwoRegistries.Near).Health.Probed(TimeSpan.FromMilliseconds(nearMilliseconds));
        _two.Named(TwoRegistries.Far).Health.Probed(TimeSpan.FromMilliseconds(farMilliseconds));

        await _two.HeadAsync("1.0");

        Assert.StartsWith(first, Assert.Single(_two.Asked), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SpeedThatDecides_IsMeasuredByProbes()
    {
        _two.Dispose();
        _two = new TwoRegistries(static rule => rule with { Order = RegistryOrder.Latency });
        _two.Answers(TwoRegistries.Near, _ => Answers.Of(200, "{}")).Answers(TwoRegistries.Far, _ => Answers.Of(200, "{}"));

        await Task.WhenAll(_two.Probes.Begin(Cancel));
        await Task.WhenAll(_two.Probes.Begin(Cancel));

        Assert.Equal([$"{TwoRegistries.Far} GET /v2/", $"{TwoRegistries.Near} GET /v2/"], _two.Asked.Order());
    }

    [Fact]
    public async Task PrimaryThatIsDown_IsNotAskedAloneEither()
    {
        _two.Dispose();
        _two = new TwoRegistries(rule => rule with { Primary = $"HTTPS://{TwoRegistries.Far}" });
        _two.IsDown(TwoRegistries.Far).Answers(TwoRegistries.Near, _ => Head());
        Assert.Equal(_two.Named(TwoRegistries.Far), _two.Registries.Primary);
        for (var i = 0; i < RegistryHealth.FailuresToOpen; i++)
        {
            await AskPrimaryAsync();
        }

        _two.Asked.Clear();
        var (_, failure) = await AskPrimaryAsync();

        Assert.Equal(FetchError.Unreachable, failure!.Error);
        Assert.Empty(_two.Asked);
    }

    private Task<Fetched<ManifestHead>> AskPrimaryAsync() => _two.ElapseAsync(_two.Registries.AskPrimaryAsync(
        client => client.HeadManifestAsync(StubbedRegistry.App, TwoRegistries.Reference("1.0"), [], Cancel)));

    private static HttpResponseMessage Head() =>
        Answers.Of(200, "content", MediaType).With("Docker-Content-Digest", Content.ToString());

    private static HttpResponseMessage Unknown() =>
        Answers.Of(404, """{"errors":[{"code":"MANIFEST_UNKNOWN","message":"Requested image not found"}]}""");
}
