using FastEcrProxy.Clients;
using FastEcrProxy.Ecr;
using FastEcrProxy.Server;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Server;

public sealed class EcrCallerSettingsTests
{
    private static readonly RuleOptions Ecr = new() { Registries = [new RegistryOptions("ecr", new UpstreamOptions(), new EcrOptions())] };

    private static readonly RuleOptions Open = new()
    {
        Registries = [new RegistryOptions("open", new UpstreamOptions { UsesEcrToken = false }, new EcrOptions())],
    };

    [Fact]
    public void Nothing_IsFiveMinutesAndATokensLife()
    {
        var (options, errors) = Read(isWay: true, [Open, Ecr]);

        Assert.Equal(new EcrCallerOptions(), options);
        Assert.Empty(errors);
    }

    [Fact]
    public void BothTimes_AreRead()
    {
        var (options, errors) = Read(isWay: true, [Ecr], ("Clients.Ecr.Remember", "30s"), ("Clients.Ecr.RememberIfDown", "0"));

        Assert.Equal((TimeSpan.FromSeconds(30), TimeSpan.Zero), (options.Remember, options.RememberIfDown));
        Assert.Empty(errors);
    }

    [Fact]
    public void LongerThanATokenLives_IsRefused() => Assert.Equal(
        ["Clients.Ecr.Remember = \"13h\": not a duration, or one over 12h; write 30s, 12h, 1h30m, 250ms or 0"],
        Read(isWay: true, [Ecr], ("Clients.Ecr.Remember", "13h")).Errors);

    [Fact]
    public void WithoutTheWay_TheyHaveNoUse() => Assert.Equal(
        ["Clients.Ecr.Remember = \"1m\": has no use without ecr in Clients.Ways"],
        Read(isWay: false, [Ecr], ("Clients.Ecr.Remember", "1m")).Errors);

    [Fact]
    public void NoRegistryThatCouldBeAsked_IsSaid() => Assert.Equal(
        [
            "Clients.Ways = \"ecr\": ecr is among them, and no registry here is a private ECR registry: "
                + "nobody could be asked about a token",
        ],
        Read(isWay: true, [Open], ("Clients.Ways", "ecr")).Errors);

    private static (EcrCallerOptions Options, IEnumerable<string> Errors) Read(
        bool isWay, IReadOnlyList<RuleOptions> rules, params (string Key, string Value)[] written)
    {
        var environment = written.ToDictionary(pair => Setting.VariableOf(pair.Key), pair => pair.Value);
        var input = new SettingsInput { Environment = environment };
        var values = new SettingValues(SettingSources.Collect(input));
        var options = EcrCallerSettings.Read(values, isWay, rules);
        return (options, values.Errors.Select(error => $"{error.Key} = \"{error.Value}\": {error.Problem}"));
    }
}
