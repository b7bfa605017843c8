using FastEcrProxy.Http;
using Microsoft.Extensions.Primitives;

namespace FastEcrProxy.Tests.Http;

public sealed class AcceptHeadersTests
{
    private readonly AcceptHeaders _accepts = new();

    [Fact]
    public void SameLinesAgain_AreNotReadAgain()
    {
        var first = _accepts.Read(new StringValues(["a/b", "c/d, e/f"]));

        Assert.Same(first, _accepts.Read(new StringValues(["a/b", "c/d, e/f"])));
        Assert.Equal(["a/b", "c/d, e/f"], first.Values);
    }

    [Fact]
    public void OtherLinesThatMeanTheSame_AreEqualAndStayAsTheyCame()
    {
        var joined = _accepts.Read("C/D, a/b");
        var apart = _accepts.Read(new StringValues(["a/b", "c/d"]));

        Assert.Equal(joined, apart);
        Assert.Equal(joined.GetHashCode(), apart.GetHashCode());
        Assert.Equal(["C/D, a/b"], joined.Values);
        Assert.Equal(["a/b", "c/d"], apart.Values);
        Assert.NotEqual(joined, _accepts.Read("a/b"));
    }

    [Fact]
    public void NoLines_AreAHeaderToo()
    {
        Assert.Empty(_accepts.Read(StringValues.Empty).Values);
        Assert.Equal(_accepts.Read(StringValues.Empty), _accepts.Read(""));
    }

    [Fact]
    public void WhatIsNotAscii_IsLeftOut() =>
        Assert.Equal(["a/b"], _accepts.Read(new StringValues(["a/b", "a/ö"])).Values);

    [Fact]
    public void MadeUpHeaders_AreNotAllKept()
    {
        var first = _accepts.Read("a/0");
        for (var i = 1; i < 1000; i++)
        {
            _accepts.Read($"a/{i}");
        }

        var again = _accepts.Read("a/0");

        Assert.NotSame(first, again);
        Assert.Equal(first, again);
    }

    [Fact]
    public void EndlessHeader_IsReadAndNotKept()
    {
        var endless = new string('a', 3000);

        Assert.Equal([endless], _accepts.Read(endless).Values);
        Assert.NotSame(_accepts.Read(endless), _accepts.Read(endless));
    }
}
