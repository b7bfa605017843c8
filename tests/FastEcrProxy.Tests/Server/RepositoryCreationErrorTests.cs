namespace FastEcrProxy.Tests.Server;

public sealed class RepositoryCreationErrorTests
{
    /// <summary>What stands in CreateRepositories, and the one error that it has. Here ' stands for ".</summary>
    public static TheoryData<string, string> Fields => new()
    {
        {
            "'TagMutability': 'FROZEN'",
            """TagMutability = "FROZEN": not one of MUTABLE, IMMUTABLE, MUTABLE_WITH_EXCLUSION, IMMUTABLE_WITH_EXCLUSION"""
        },
        {
            "'MutabilityExclusions': ['dev-*']",
            """MutabilityExclusions = "dev-*": has no use without TagMutability IMMUTABLE_WITH_EXCLUSION or """
                + """MUTABLE_WITH_EXCLUSION"""
        },
        {
            "'TagMutability': 'IMMUTABLE_WITH_EXCLUSION'",
            """MutabilityExclusions: is missing; TagMutability says that there are exclusions"""
        },
        {
            "'TagMutability': 'IMMUTABLE_WITH_EXCLUSION', 'MutabilityExclusions': ['a b']",
            """MutabilityExclusions = "a b": a b is no pattern of tags; write dev-* or latest"""
        },
        {
            "'TagMutability': 'MUTABLE_WITH_EXCLUSION', 'MutabilityExclusions': ['a','b','c','d','e','f']",
            """MutabilityExclusions = "a,b,c,d,e,f": has 6 patterns; ECR takes 5"""
        },
        { "'ScanOnPush': 'perhaps'", """ScanOnPush = "perhaps": neither true nor false""" },
        { "'Encryption': 'AES'", """Encryption = "AES": not one of AES256, KMS, KMS_DSSE""" },
        { "'KmsKey': 'alias/registry'", """KmsKey = "alias/registry": has no use without Encryption KMS or KMS_DSSE""" },
        {
            "'Encryption': 'AES256', 'KmsKey': 'alias/registry'",
            """KmsKey = "alias/registry": has no use without Encryption KMS or KMS_DSSE"""
        },
        {
            "'Tags': { 'aws:team': 'a' }",
            """Tags.aws:team: is no name for a tag; write up to 128 characters, not beginning with aws:"""
        },
    };

    [Theory, MemberData(nameof(Fields))]
    public void WhatDoesNotGo_IsOneSentenceWithItsKey(string fields, string expected) =>
        Assert.Equal($"Upstreams.0.CreateRepositories.{expected}", Assert.Single(Errors(fields.Replace('\'', '"'))));

    [Fact]
    public void TooLongKey_IsRefusedWithItsLength() => Assert.EndsWith(
        "KmsKey = \"" + new string('k', 120) + "…\": has 2049 characters; AWS allows 2048",
        Assert.Single(Errors($$""" "Encryption": "KMS", "KmsKey": "{{new string('k', 2049)}}" """)));

    [Fact]
    public void TooManyAndTooLongTags_AreRefused()
    {
        var tags = Enumerable.Range(0, 51).Select(number => $"\"tag-{number:00}\": \"{new string('x', number == 7 ? 257 : 1)}\"");

        var errors = Errors($$""" "Tags": { {{string.Join(", ", tags)}} } """);

        Assert.Equal(
            [
                "Upstreams.0.CreateRepositories.Tags.tag-07: has 257 characters; AWS allows 256",
                "Upstreams.0.CreateRepositories.Tags: has 51 tags; AWS allows 50",
            ],
            errors);
    }

    private static IReadOnlyList<string> Errors(string fields) => RuleFile.ErrorsOfRule(
        $$""" "Registries": ["{{RuleFile.Eu}}"], "Push": true, "CreateRepositories": { {{fields}} } """);
}
