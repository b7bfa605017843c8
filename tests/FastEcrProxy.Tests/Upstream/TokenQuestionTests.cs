using CsCheck;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class TokenQuestionTests
{
    [Theory]
    [InlineData(
        "https://auth.docker.io/token", "registry.docker.io", "repository:a/b:pull",
        "/token?service=registry.docker.io&scope=repository%3Aa%2Fb%3Apull")]
    [InlineData("https://public.ecr.aws/token/", "public.ecr.aws", "aws", "/token/?service=public.ecr.aws&scope=aws")]
    [InlineData("https://r/t", null, "", "/t")]
    [InlineData("https://r", "s", "", "/?service=s")]
    [InlineData("https://r/t?account=x", "s", "a:b:c d:e:f", "/t?account=x&service=s&scope=a%3Ab%3Ac&scope=d%3Ae%3Af")]
    [InlineData("https://r/t", "a&b=c d", "x&y", "/t?service=a%26b%3Dc%20d&scope=x%26y")]
    public void Question_IsAskedInTheWordsOfTheSpecification(string realm, string? service, string scope, string expected) =>
        Assert.Equal(expected, new TokenQuestion(new Uri(realm), service, scope).PathAndQuery);

    [Fact]
    public void WhateverAChallengeSays_StaysInsideTheQuestion() =>
        Gen.Select(Gen.String[0, 100], Gen.String[0, 100]).Sample((service, scope) =>
        {
            var target = new TokenQuestion(new Uri("https://r/t"), service, scope).PathAndQuery;
            return target.StartsWith("/t?service=", StringComparison.Ordinal) && !target.AsSpan().ContainsAnyExceptInRange('!', '~');
        });

    [Fact]
    public void Scope_SaysWhatIsDoneWhere()
    {
        Repository.TryParse("team/base", out var from);
        var app = StubbedRegistry.App;

        Assert.Equal("", RegistryScope.Ping.Text);
        Assert.Equal("registry:catalog:*", RegistryScope.Catalog.Text);
        Assert.Equal("repository:team/app:pull", RegistryScope.Pull(app).Text);
        Assert.Equal("repository:team/app:pull,push", RegistryScope.Push(app).Text);
        Assert.Equal("repository:team/app:pull,push repository:team/base:pull", RegistryScope.Push(app, from).Text);
        Assert.Equal("repository:team/app:delete", RegistryScope.Delete(app).Text);
    }
}
