using FastEcrProxy.Ecr;

namespace FastEcrProxy.Tests.Ecr;

public sealed class AwsIdentityTests
{
    private const string Role = "arn:aws:iam::123456789012:role/pull";

    [Fact]
    public void Everything_IsRead()
    {
        var (identity, problems) = AwsIdentity.Read("team", Role, "external-1", "edge-7", Region("eu-central-1"));

        Assert.Empty(problems);
        Assert.Equal(("team", Role), (identity.Profile, identity.Role?.Arn.ToString()));
        Assert.Equal(("external-1", "edge-7"), (identity.Role?.ExternalId, identity.Role?.SessionName));
        Assert.Equal($"profile team, role {Role}", identity.ToString());
    }

    [Fact]
    public void Nothing_IsTheMachinesOwnIdentity()
    {
        var (identity, problems) = AwsIdentity.Read(null, null, null, null, null);

        Assert.Empty(problems);
        Assert.Equal(AwsIdentity.Default, identity);
        Assert.Equal("", identity.ToString());
    }

    [Fact]
    public void SessionNameAndDuration_HaveTheirDefaults()
    {
        var role = AwsIdentity.Read(null, Role, null, null, null).Identity.Role!;

        Assert.Equal(("fast-ecr-proxy", TimeSpan.FromHours(1)), (role.SessionName, role.Duration));
    }

    [Theory]
    [InlineData(null, "role/pull", null, null, "RoleArn is not the ARN of a role, as in arn:aws:iam::123456789012:role/NAME")]
    [InlineData(null, "arn:aws-cn:iam::123456789012:role/pull", null, null,
        "RoleArn is a role of partition aws-cn, but eu-central-1 is in partition aws: AWS accepts no credentials across partitions")]
    [InlineData(null, null, "external", null, "ExternalId has no use without RoleArn")]
    [InlineData(null, null, null, "session", "SessionName has no use without RoleArn")]
    [InlineData(null, Role, "x", null, "ExternalId has to be 2 to 1224 letters, digits and _+=,.@:/-")]
    [InlineData(null, Role, "with blank", null, "ExternalId has to be 2 to 1224 letters, digits and _+=,.@:/-")]
    [InlineData(null, Role, null, "a:b", "SessionName has to be 2 to 64 letters, digits and _+=,.@-")]
    [InlineData("team]", null, null, null, "Profile is not the name of a profile")]
    public void WhatCannotBe_IsRefusedInASentence(string? profile, string? role, string? external, string? session, string expected)
    {
        var problem = Assert.Single(AwsIdentity.Read(profile, role, external, session, Region("eu-central-1")).Problems);

        Assert.Equal(expected, $"{problem.Member} {problem.Sentence}");
    }

    [Fact]
    public void EveryProblem_IsToldAtOnce() =>
        Assert.Equal(
            ["ExternalId", "SessionName", "RoleArn"],
            AwsIdentity.Read(null, "pull", "x", "y", null).Problems.Select(problem => problem.Member));

    [Fact]
    public void ExternalId_IsNotPrinted() =>
        Assert.DoesNotContain(
            "external-1", AwsIdentity.Read(null, Role, "external-1", null, null).Identity.Role!.ToString(), StringComparison.Ordinal);

    private static AwsRegion Region(string name) =>
        AwsRegion.TryParse(name, out var region) ? region : throw new ArgumentException("no Region: " + name);
}
