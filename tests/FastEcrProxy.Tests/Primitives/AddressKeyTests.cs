using System.Net;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Tests.Primitives;

public sealed class AddressKeyTests
{
    [Theory]
    [InlineData("10.1.2.3", "10.1.2.3", true)]
    [InlineData("10.1.2.3", "10.1.2.4", false)]
    [InlineData("10.1.2.3", "::ffff:10.1.2.3", true)]
    [InlineData("2001:db8::1", "2001:db8::ffff:1", true)]
    [InlineData("2001:db8::1", "2001:db8:0:1::1", false)]
    [InlineData("fe80::1", "10.1.2.3", false)]
    public void WhoIsOne_IsOneKey(string one, string other, bool same)
    {
        var (a, b) = (AddressKey.Of(IPAddress.Parse(one)), AddressKey.Of(IPAddress.Parse(other)));

        Assert.Equal(same, a == b);
        Assert.Equal(same, a.GetHashCode() == b.GetHashCode());
    }

    [Fact]
    public void NoAddress_IsAKeyToo() => Assert.Equal(AddressKey.Of(null), AddressKey.Of(null));
}
