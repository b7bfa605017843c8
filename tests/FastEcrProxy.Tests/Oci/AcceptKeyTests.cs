using CsCheck;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class AcceptKeyTests
{
    private static readonly Gen<string?[]> Values = Gen.String[Gen.Char["abC, ;=*/\t"], 0, 12].Null().Array[0, 4];

    [Fact]
    public void OrderCaseSpacesAndRepetition_MakeNoDifference()
    {
        var one = AcceptKey.From(["application/json, text/plain;q=0.5", "*/*"]);
        var other = AcceptKey.From(["*/*,,TEXT/plain;q=0.5", null, " application/json ", "application/JSON"]);

        Assert.Equal("*/*,application/json,text/plain;q=0.5", one.ToString());
        Assert.Equal(one, other);
        Assert.Equal(one.GetHashCode(), other.GetHashCode());
    }

    [Fact]
    public void OtherTypes_AreAnotherKey() => Assert.NotEqual(AcceptKey.From(["a/b"]), AcceptKey.From(["a/b,c/d"]));

    [Fact]
    public void NothingSaid_IsTheDefault()
    {
        foreach (var key in (AcceptKey[])[AcceptKey.From([]), AcceptKey.From([null]), AcceptKey.From(["", " , ,"])])
        {
            Assert.Equal("", key.ToString());
            Assert.Equal(default, key);
        }
    }

    [Theory]
    [InlineData("", "a/b", true)]
    [InlineData("a/b", "a/b", true)]
    [InlineData("c/d, A/B;q=0.3", "a/b; charset=utf-8", true)]
    [InlineData("*/*;q=0.1", "a/b", true)]
    [InlineData("application/*", "application/json", true)]
    [InlineData("a/b", "a/bc", false)]
    [InlineData("c/d, e/f", "a/b", false)]
    public void Type_IsAllowedByNameOrWildcardOrSilence(string accept, string type, bool allowed) =>
        Assert.Equal(allowed, AcceptKey.From([accept]).Allows(type));

    [Fact]
    public void Key_IsItsOwnKey() => Values.Sample(values =>
    {
        var key = AcceptKey.From(values);

        return AcceptKey.From([key.ToString()]) == key && AcceptKey.From(values.Reverse()) == key;
    });
}
