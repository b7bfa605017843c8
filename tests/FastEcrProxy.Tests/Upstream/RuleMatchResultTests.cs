using CsCheck;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RuleMatchResultTests
{
    private static readonly Gen<string> Names = Rules.OneOf("team", "app", "teams", "prod", "x").List[1, 5]
        .Select(parts => string.Join('/', parts));

    [Theory]
    [InlineData(null, null, "team/app", "team/app")]
    [InlineData("team", null, "team/app", "app")]
    [InlineData("team/a", null, "team/a/b/c", "b/c")]
    [InlineData(null, "prod", "team/app", "prod/team/app")]
    [InlineData("team", "prod/x", "team/app", "prod/x/app")]
    [InlineData("team", null, "team/team/app", "team/app")]
    public void Name_IsStrippedThenAddedTo(string? strip, string? add, string asked, string there)
    {
        var error = Match(strip, add, asked).TryMap(out var mapped);

        Assert.Null(error);
        Assert.Equal(there, mapped.ToString());
    }

    [Theory]
    [InlineData(null, null, "app")]
    [InlineData(null, "prod", "prod/app")]
    [InlineData("team", "prod", "prod/app")]
    public void ByAccount_CutsTheAccountFirst(string? strip, string? add, string there)
    {
        var asked = strip is null ? $"{Rules.Account}/app" : $"{Rules.Account}/{strip}/app";
        var match = Match(strip, add, asked, RuleShape.ByAccount);

        var error = match.TryMap(out var mapped);

        Assert.Null(error);
        Assert.Equal(there, mapped.ToString());
        Assert.Equal(Rules.Account, match.Account);
    }

    [Fact]
    public void OtherShapes_HaveNoAccount() => Assert.Null(Match(null, null, $"{Rules.Account}/app").Account);

    [Theory]
    [InlineData("team")]
    [InlineData("teams/app")]
    public void NothingLeftAfterThePrefix_IsNoRepository(string asked)
    {
        var error = Match("team", null, asked).TryMap(out _);

        Assert.Equal(new OciError(404, "NAME_UNKNOWN", "Repositories have names like team/name here."), error);
    }

    [Fact]
    public void NameThatIsTooLongThere_IsRefused()
    {
        var longest = new string('a', Repository.LengthMax - "prod/".Length);

        Assert.Null(Match(null, "prod", longest).TryMap(out _));
        Assert.Equal(
            OciError.NameInvalid("The repository's name would have 257 characters in the registry; 256 are allowed."),
            Match(null, "prod", longest + "a").TryMap(out _));
    }

    [Fact]
    public void TwoNames_AreNeverTheSameThere() =>
        Gen.Select(Names, Names, Gen.Bool, Gen.Bool, Gen.Bool).Sample((one, other, strips, adds, byAccount) =>
        {
            var front = byAccount ? Rules.Account + "/" : "";
            var (strip, add) = (strips ? "team" : null, adds ? "prod" : null);
            var shape = byAccount ? RuleShape.ByAccount : RuleShape.Listed;
            var errors = (
                Match(strip, add, front + one, shape).TryMap(out var oneThere),
                Match(strip, add, front + other, shape).TryMap(out var otherThere));

            return errors is not (null, null) || (one == other) == (oneThere == otherThere);
        });

    private static RuleMatchResult Match(string? strip, string? add, string asked, RuleShape shape = default) =>
        new(Rules.Rule("rule", shape: shape) with { StripPrefix = strip, AddPrefix = add }, Rules.Repository(asked));
}
