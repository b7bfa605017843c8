using FastEcrProxy.Ecr;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class RegistryAuthRulesTests
{
    public static TheoryData<string> Good =>
        ["none", "basic u p", "basic u f", "basic u v", "bearer", "bearer h", "bearer u p h", "ecr", "ecr a", "ecr-public", "ecr-public a"];

    [Theory, MemberData(nameof(Good))]
    public void WhatGoesTogether_IsTaken(string options) => Assert.Empty(RegistryAuthRules.Problems(Of(options)));

    [Theory]
    [InlineData("none u", "User has no use with Auth = none")]
    [InlineData("none p", "Password has no use with Auth = none")]
    [InlineData("none f", "PasswordFile has no use with Auth = none")]
    [InlineData("none h", "AllowedTokenHosts has no use with Auth = none")]
    [InlineData("none a", "Aws has no use with Auth = none")]
    [InlineData("basic", "User is missing: the password belongs to one")]
    [InlineData("basic p", "User is missing: the password belongs to one")]
    [InlineData("basic u", "PasswordFile is missing, as are PasswordVariable and Password")]
    [InlineData("basic u p f", "PasswordFile is given besides Password; one of them has to go")]
    [InlineData("basic u f v", "PasswordVariable is given besides PasswordFile; one of them has to go")]
    [InlineData("basic u p h", "AllowedTokenHosts has no use with Auth = basic")]
    [InlineData("basic u p a", "Aws has no use with Auth = basic")]
    [InlineData("basic : p", "User is no user: it may not be empty or have a colon in it (RFC 7617)")]
    [InlineData("bearer u", "PasswordFile is missing, as are PasswordVariable and Password")]
    [InlineData("bearer v", "User is missing: the password belongs to one")]
    [InlineData("bearer a", "Aws has no use with Auth = bearer")]
    [InlineData("ecr u", "User has no use with Auth = ecr")]
    [InlineData("ecr-public h", "AllowedTokenHosts has no use with Auth = ecr-public")]
    public void WhatDoesNot_IsRefusedInASentence(string options, string expected)
    {
        var problem = Assert.Single(RegistryAuthRules.Problems(Of(options)));

        Assert.Equal(expected, $"{problem.Member} {problem.Sentence}");
    }

    [Fact]
    public void Secret_IsNotPrinted()
    {
        var options = new RegistryAuthOptions { Kind = RegistryAuthKind.Basic, User = "ci", Password = "SECRET" };

        Assert.DoesNotContain("SECRET", $"{options} {new UpstreamOptions { Auth = options }}", StringComparison.Ordinal);
    }

    /// <summary>A kind, then u: a user, p, f, v: a password, a file, a variable, h: a token host, a: an AWS identity.</summary>
    private static RegistryAuthOptions Of(string text)
    {
        var words = text.Split(' ');
        return new RegistryAuthOptions
        {
            Kind = Enum.GetValues<RegistryAuthKind>().Single(kind => RegistryAuthRules.NameOf(kind) == words[0]),
            User = words.Contains("u") ? "ci" : words.Contains(":") ? "c:i" : null,
            Password = words.Contains("p") ? "secret" : null,
            PasswordFile = words.Contains("f") ? "/run/password" : null,
            PasswordVariable = words.Contains("v") ? "PASSWORD" : null,
            AllowedTokenHosts = words.Contains("h") ? ["auth.example"] : [],
            Aws = words.Contains("a") ? AwsIdentity.Default : null,
        };
    }
}
