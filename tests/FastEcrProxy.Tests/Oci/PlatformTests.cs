using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class PlatformTests
{
    [Theory]
    [InlineData("linux/amd64", "linux/amd64")]
    [InlineData("Linux/ARM64/v8", "linux/arm64/v8")]
    [InlineData("windows/amd64", "windows/amd64")]
    public void WrittenPlatform_IsRead(string text, string expected)
    {
        Assert.True(Platform.TryParse(text, out var platform));
        Assert.Equal(expected, platform!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("linux")]
    [InlineData("linux/")]
    [InlineData("/amd64")]
    [InlineData("linux/arm/v7/x")]
    [InlineData("linux/a b")]
    public void OtherText_IsNone(string text) => Assert.False(Platform.TryParse(text, out _));

    [Theory]
    [InlineData("linux/amd64", "linux/amd64", true)]
    [InlineData("linux/arm64", "linux/arm64/v8", true)]
    [InlineData("linux/arm64/v8", "linux/arm64", true)]
    [InlineData("linux/arm", "linux/arm/v7", true)]
    [InlineData("linux/arm", "linux/arm/v6", false)]
    [InlineData("linux/amd64", "linux/amd64/v3", false)]
    [InlineData("linux/amd64", "windows/amd64", false)]
    [InlineData("linux/amd64", "unknown/unknown", false)]
    public void VariantThatIsNotSaid_IsTheUsualOne(string wanted, string offered, bool takes)
    {
        Assert.True(Platform.TryParse(wanted, out var one));
        Assert.True(Platform.TryParse(offered, out var other));

        Assert.Equal(takes, one!.Takes(other!));
    }
}
