using FastEcrProxy.FunctionalTests.Proxy;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.FunctionalTests.Regions;

/// <summary>What <c>check --image</c> says of an image: which rule, which registries, who has it.</summary>
public sealed class ImageCheckTests
{
    private const string ImageType = "application/vnd.oci.image.manifest.v1+json";

    private static readonly byte[] Manifest = "{\"n\":1}"u8.ToArray();

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task Image_IsFollowedToItsRegistries()
    {
        await using var proxy = await StartAsync();
        proxy.Ecr[Company.Near].Content.CreateRepository("prod/app");
        var digest = proxy.Ecr[Company.Far].Content.PutManifest("prod/app", Manifest, ImageType, "v1");

        var lines = await CheckAsync(proxy, "registry.example.com/team/app:v1");

        Assert.Equal([CheckVerdict.Well, CheckVerdict.Note, CheckVerdict.Well, CheckVerdict.Well], lines.Select(line => line.Verdict));
        Assert.Equal(
            "image registry.example.com/team/app:v1: rule team (team/…) takes it; less specific: rule rest (every request)",
            lines[0].Text);
        Assert.StartsWith($"{Company.Near} does not have prod/app:v1: ", lines[1].Text, StringComparison.Ordinal);
        Assert.StartsWith(
            $"{Company.Far} (primary) has prod/app:v1: {digest}, {ImageType}, after ", lines[2].Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ImageThatNobodyHas_Fails()
    {
        await using var proxy = await StartAsync();
        await proxy.Ecr.GoDarkAsync(Company.Far);

        var lines = await CheckAsync(proxy, "team/app:v1");

        Assert.Equal([CheckVerdict.Well, CheckVerdict.Note, CheckVerdict.Failed, CheckVerdict.Failed], lines.Select(line => line.Verdict));
        Assert.StartsWith($"{Company.Far} (primary) cannot be asked for prod/app:v1: ", lines[2].Text, StringComparison.Ordinal);
    }

    [Fact(Timeout = Until.TestMilliseconds)]
    public async Task ImageThatNoRuleTakes_IsSaid()
    {
        await using var proxy = await StartAsync();

        var line = Assert.Single(await CheckAsync(proxy, "team/app:v1", ns: "docker.io"));

        Assert.Equal(CheckVerdict.Failed, line.Verdict);
        Assert.Equal("image team/app:v1 with ns docker.io: no rule takes it; clients get 404 NAME_UNKNOWN", line.Text);
    }

    private static Task<ProxyUnderTest> StartAsync() => Company.StartAsync(ecr =>
    [
        new RuleOptions
        {
            Name = "team",
            Match = new RuleMatch { Prefix = "team" },
            StripPrefix = "team",
            AddPrefix = "prod",
            Registries = [Company.Registry(ecr[Company.Near]), Company.Registry(ecr[Company.Far])],
            Primary = Company.Far,
        },
        new RuleOptions { Name = "rest", Registries = [Company.Registry(ecr[Company.Near])] },
        new RuleOptions
        {
            Name = "mirror",
            Match = new RuleMatch { Namespaces = [ecr[Company.Near].EcrHost] },
            Registries = [Company.Registry(ecr[Company.Near])],
        },
    ]);

    private static async Task<List<CheckLine>> CheckAsync(ProxyUnderTest proxy, string text, string? ns = null)
    {
        var (image, _) = ImageName.Read(text);
        var lines = new List<CheckLine>();
        await foreach (var line in new ImageCheck(proxy.Settings, TimeProvider.System)
            .RunAsync(image!, ns, TestContext.Current.CancellationToken))
        {
            lines.Add(line);
        }

        return lines;
    }
}
