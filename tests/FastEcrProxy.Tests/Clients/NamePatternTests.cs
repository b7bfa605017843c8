using System.Text.RegularExpressions;
using CsCheck;
using FastEcrProxy.Clients;

namespace FastEcrProxy.Tests.Clients;

public sealed class NamePatternTests
{
    [Theory]
    [InlineData("team/app", "team/app", true)]
    [InlineData("team/app", "team/apps", false)]
    [InlineData("team/app", "Team/app", false)]
    [InlineData("team/*", "team/app", true)]
    [InlineData("team/*", "team/a/b", true)]
    [InlineData("team/*", "team/", true)]
    [InlineData("team/*", "team", false)]
    [InlineData("team/*", "teams/app", false)]
    [InlineData("*", "", true)]
    [InlineData("", "", true)]
    [InlineData("", "a", false)]
    [InlineData("*/app", "team/app", true)]
    [InlineData("*/app", "team/app/x", false)]
    [InlineData("a*b*c", "aXbYbZc", true)]
    [InlineData("a*b*c", "aXbYbZ", false)]
    [InlineData("repo.x", "repoyx", false)]
    public void Pattern_TakesWhatItSays(string pattern, string name, bool expected) =>
        Assert.Equal(expected, new NamePattern(pattern).Matches(name));

    [Fact]
    public void AnyPatternAndName_AgreeWithARegularExpression()
    {
        var letters = Gen.Char["ab/*"];
        var names = Gen.Char["ab/"];
        Gen.Select(Gen.String[letters, 0, 8], Gen.String[names, 0, 12]).Sample((pattern, name) =>
        {
            var expected = Regex.IsMatch(name, $"^{Regex.Escape(pattern).Replace("\\*", ".*", StringComparison.Ordinal)}\\z");

            Assert.Equal(expected, new NamePattern(pattern).Matches(name));
        });
    }
}
