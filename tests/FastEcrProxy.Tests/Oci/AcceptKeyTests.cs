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

    [Fact]
    public void Key_IsItsOwnKey() => Values.Sample(values =>
    {
        var key = AcceptKey.From(values);

        return AcceptKey.From([key.ToString()]) == key && AcceptKey.From(values.Reverse()) == key;
    });
}
