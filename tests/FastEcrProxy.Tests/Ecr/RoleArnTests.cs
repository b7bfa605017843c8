using CsCheck;
using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

public sealed class RoleArnTests
{
    [Theory]
    [InlineData("arn:aws:iam::123456789012:role/pull", "aws")]
    [InlineData("arn:aws:iam::123456789012:role/team/sub/pull+=,.@-_1", "aws")]
    [InlineData("arn:aws-cn:iam::123456789012:role/pull", "aws-cn")]
    [InlineData("arn:aws-us-gov:iam::123456789012:role/pull", "aws-us-gov")]
    [InlineData("arn:aws-iso-b:iam::123456789012:role/pull", "aws-iso-b")]
    public void Role_IsRead(string text, string partition)
    {
        Assert.True(RoleArn.TryParse(text, out var arn));

        Assert.Equal((text, partition), (arn.ToString(), arn.Partition));
    }

    [Theory]
    [InlineData("")]
    [InlineData("pull")]
    [InlineData("arn:")]
    [InlineData("arn:aws")]
    [InlineData("arn::iam::123456789012:role/pull")]
    [InlineData("arn:azure:iam::123456789012:role/pull")]
    [InlineData("arn:AWS:iam::123456789012:role/pull")]
    [InlineData("arn:aws:sts::123456789012:role/pull")]
    [InlineData("arn:aws:iam:eu-west-1:123456789012:role/pull")]
    [InlineData("arn:aws:iam::12345678901:role/pull")]
    [InlineData("arn:aws:iam::1234567890123:role/pull")]
    [InlineData("arn:aws:iam::12345678901x:role/pull")]
    [InlineData("arn:aws:iam::123456789012:user/pull")]
    [InlineData("arn:aws:iam::123456789012:role")]
    [InlineData("arn:aws:iam::123456789012:role/")]
    [InlineData("arn:aws:iam::123456789012:role/team/")]
    [InlineData("arn:aws:iam::123456789012:role/two words")]
    [InlineData("arn:aws:iam::123456789012:role/pull\n")]
    [InlineData(" arn:aws:iam::123456789012:role/pull")]
    public void OtherText_IsNoRole(string text) => Assert.False(RoleArn.TryParse(text, out _));

    [Fact]
    public void LongNames_AreNoRoles()
    {
        const string Account = "arn:aws:iam::123456789012:role/";

        Assert.True(RoleArn.TryParse(Account + new string('x', 64), out _));
        Assert.False(RoleArn.TryParse(Account + new string('x', 65), out _));
        Assert.False(RoleArn.TryParse(Account + new string('x', 2048) + "/name", out _));
    }

    [Fact]
    public void AnyText_IsReadWithoutAnError() =>
        Upstream.Rules.OneOf("arn", ":", "aws", "-", "iam", "123456789012", "role", "/", "x", "").Array[0, 12]
            .Sample(parts => RoleArn.TryParse(string.Concat(parts), out var arn) == (arn is not null));

    [Theory]
    [InlineData("arn:aws:iam::123456789012:role/pull", "eu-central-1", true)]
    [InlineData("arn:aws-cn:iam::123456789012:role/pull", "cn-north-1", true)]
    [InlineData("arn:aws-us-gov:iam::123456789012:role/pull", "us-gov-west-1", true)]
    [InlineData("arn:aws-cn:iam::123456789012:role/pull", "eu-central-1", false)]
    [InlineData("arn:aws:iam::123456789012:role/pull", "cn-northwest-1", false)]
    public void RoleOfAnotherPartition_IsRefused(string text, string region, bool fits)
    {
        Assert.True(RoleArn.TryParse(text, out var arn) && AwsRegion.TryParse(region, out _));
        AwsRegion.TryParse(region, out var there);

        Assert.Equal(fits, arn.MismatchWith(there!) is null);
    }
}
