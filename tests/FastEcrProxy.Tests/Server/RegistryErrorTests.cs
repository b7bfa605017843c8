namespace FastEcrProxy.Tests.Server;

public sealed class RegistryErrorTests
{
    private const string Endpoint = "\"Endpoint\": \"https://edge.example.com\"";
    private const string Host = $"\"Host\": \"{RuleFile.Eu}\"";

    /// <summary>All that stands in the registry, and the one error that it has. Here ' stands for ".</summary>
    public static TheoryData<string, string> Addresses => new()
    {
        {
            "'Host': '123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'Name': 'EU'",
            """Name = "EU": not a name; write up to 63 lower-case letters, digits, '.', '_' and '-', a letter or digit first"""
        },
        {
            "'Host': 'no host'",
            """Host = "no host": not a host name; write 123456789012.dkr.ecr.eu-central-1.amazonaws.com (an address with """
                + """http:// goes into Endpoint)"""
        },
        {
            "'Host': '{account}.dkr.ecr.eu-central-1.amazonaws.com'",
            """Host = "{account}.dkr.ecr.eu-central-1.amazonaws.com": only with Shape ByAccount the account comes from the """
                + """repository's name; write its twelve digits"""
        },
        {
            "'Host': 'registry.example.com', 'Endpoint': 'https://edge.example.com'",
            """Host = "registry.example.com": is not used beside Endpoint, since it is no ECR host name; leave one of them out"""
        },
        {
            "'Endpoint': 'edge.example.com'",
            """Endpoint = "edge.example.com": not the address of a server; write https://host or http://host:port, without """
                + """path or password"""
        },
        {
            "'Host': '123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'Auth': 'none'",
            """Auth = "none": ECR answers nobody without its token; leave it out, or say in Endpoint who is dialled instead"""
        },
        {
            "'Host': 'registry.example.com', 'Auth': 'ecr'",
            """Auth = "ecr": does not say who gives the token; write the ECR host name as Host, or Aws.Region, or """
                + """Aws.ControlPlane"""
        },
        {
            "'Host': 'public.ecr.aws', 'Auth': 'ecr'",
            """Auth = "ecr": public.ecr.aws has tokens of its own; write ecr-public, or leave it out"""
        },
        {
            "'Host': 'registry.example.com', 'Auth': 'ecr-public'",
            """Auth = "ecr-public": is for public.ecr.aws; write that as Host"""
        },
        {
            "'Host': '123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'Password': 'hunter2'",
            """Password: has no use with Auth = ecr"""
        },
        {
            "'Host': '123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'User': 'edge'",
            """User = "edge": has no use with Auth = ecr"""
        },
        {
            "'Host': '123456789012.dkr.ecr.eu-central-1.amazonaws.com', 'AllowedRedirectHosts': ['a/b']",
            """AllowedRedirectHosts = "a/b": not a list of hosts; write bucket.example.com,127.0.0.1:9000"""
        },
        {
            "'Endpoint': 'https://edge.example.com', 'Auth': 'bearer', 'Aws': { 'Region': 'eu-west-1' }",
            """Aws.Region = "eu-west-1": has no use with Auth = bearer"""
        },
    };

    /// <summary>What stands in an ECR registry.</summary>
    public static TheoryData<string, string> Timeouts => new()
    {
        { "'ConnectTimeout': '0'", """ConnectTimeout = "0": not a time-out from 10ms to 1h; write 5s, 250ms or 1m30s""" },
        { "'FirstByteTimeout': '10'", """FirstByteTimeout = "10": not a time-out from 10ms to 1h; write 5s, 250ms or 1m30s""" },
        { "'IdleTimeout': '2h'", """IdleTimeout = "2h": not a time-out from 10ms to 1h; write 5s, 250ms or 1m30s""" },
    };

    /// <summary>What stands in a registry with an endpoint.</summary>
    public static TheoryData<string, string> Credentials => new()
    {
        { "'Auth': 'digest'", """Auth = "digest": not one of ecr, ecr-public, basic, bearer, none""" },
        {
            "'Auth': 'ecr'",
            """Auth = "ecr": does not say who gives the token; write the ECR host name as Host, or Aws.Region, or """
                + """Aws.ControlPlane"""
        },
        { "'Auth': 'basic'", """User: is missing: the password belongs to one""" },
        { "'Auth': 'basic', 'User': 'edge'", """PasswordFile: is missing, as are PasswordVariable and Password""" },
        {
            "'User': 'a:b', 'Password': 'hunter2'",
            """User = "a:b": is no user: it may not be empty or have a colon in it (RFC 7617)"""
        },
        { "'Password': 'hunter2'", """User: is missing: the password belongs to one""" },
        {
            "'Auth': 'none', 'PasswordVariable': 'PASSWORD'",
            """PasswordVariable = "PASSWORD": has no use with Auth = none"""
        },
        {
            "'User': 'edge', 'Password': 'hunter2', 'PasswordFile': '/x'",
            """PasswordFile = "/x": is given besides Password; one of them has to go"""
        },
        {
            "'User': 'edge', 'PasswordVariable': 'FEP-NOT-THERE'",
            """PasswordVariable = "FEP-NOT-THERE": the environment variable FEP-NOT-THERE is not set"""
        },
        {
            "'Auth': 'none', 'AllowedTokenHosts': ['a.example.com']",
            """AllowedTokenHosts = "a.example.com": has no use with Auth = none"""
        },
        {
            "'AllowedTokenHosts': ['https://a']",
            """AllowedTokenHosts = "https://a": not a list of hosts; write bucket.example.com,127.0.0.1:9000"""
        },
    };

    /// <summary>What stands in the Aws of an ECR registry.</summary>
    public static TheoryData<string, string> Identities => new()
    {
        { "'Region': 'eu-west-1'", """Region = "eu-west-1": the registry is in eu-central-1 by its name; leave it out""" },
        { "'Profile': 'a[b'", """Profile = "a[b": is not the name of a profile""" },
        {
            "'RoleArn': 'admin'",
            """RoleArn = "admin": is not the ARN of a role, as in arn:aws:iam::123456789012:role/NAME"""
        },
        {
            "'RoleArn': 'arn:aws-cn:iam::123456789012:role/pull'",
            """RoleArn = "arn:aws-cn:iam::123456789012:role/pull": is a role of partition aws-cn, but eu-central-1 is in """
                + """partition aws: AWS accepts no credentials across partitions"""
        },
        { "'ExternalId': 'between-us'", """ExternalId: has no use without RoleArn""" },
        { "'SessionName': 'proxy'", """SessionName = "proxy": has no use without RoleArn""" },
        {
            "'RoleArn': 'arn:aws:iam::123456789012:role/pull', 'ExternalId': 'a b'",
            """ExternalId: has to be 2 to 1224 letters, digits and _+=,.@:/-"""
        },
        {
            "'RoleArn': 'arn:aws:iam::123456789012:role/pull', 'SessionName': 'a b'",
            """SessionName = "a b": has to be 2 to 64 letters, digits and _+=,.@-"""
        },
        {
            "'ControlPlane': 'api'",
            """ControlPlane = "api": not the address of a server; write https://host or http://host:port, without path or """
                + """password"""
        },
        { "'Fips': 'perhaps'", """Fips = "perhaps": neither true nor false""" },
        { "'DualStack': 'perhaps'", """DualStack = "perhaps": neither true nor false""" },
    };

    [Theory, MemberData(nameof(Addresses))]
    public void WhatDoesNotGo_IsOneSentenceWithItsKey(string fields, string expected) =>
        AssertOnly($".{expected}", fields.Replace('\'', '"'));

    [Theory, MemberData(nameof(Timeouts))]
    public void WaitThatCannotBe_IsOneSentenceWithItsKey(string fields, string expected) =>
        AssertOnly($".{expected}", $"{Host}, {fields.Replace('\'', '"')}");

    [Theory, MemberData(nameof(Credentials))]
    public void WhatTheRegistryCannotBeShown_IsOneSentenceWithItsKey(string fields, string expected) =>
        AssertOnly($".{expected}", $"{Endpoint}, {fields.Replace('\'', '"')}");

    [Theory, MemberData(nameof(Identities))]
    public void WhomAwsCannotBeAskedAs_IsOneSentenceWithItsKey(string fields, string expected) =>
        AssertOnly($".Aws.{expected}", $"{Host}, \"Aws\": {{ {fields.Replace('\'', '"')} }}");

    [Fact]
    public void RegistryWithoutAddress_IsRefused() => AssertOnly(
        ": names no registry; write Host or Endpoint (Auth ecr alone stands for the AWS account's own registry)", "\"Name\": \"eu\"");

    [Theory]
    [InlineData(RuleFile.Eu)]
    [InlineData("{account}.example.com")]
    [InlineData("registry.{account}.dkr.ecr.eu-central-1.amazonaws.com")]
    public void HostOfAnAccount_HasItsPlaceInIt(string host) => Assert.Equal(
        [
            $"Upstreams.0.Registries.0.Host = \"{host}\": with Shape ByAccount the account comes from the repository's name; "
                + "write {account}.dkr.ecr.eu-central-1.amazonaws.com",
        ],
        RuleFile.ErrorsOfRule($$""" "Shape": "ByAccount", "Registries": ["{{host}}"] """));

    [Fact]
    public void HostWhereTheRequestNamesIt_IsRefused() => Assert.Equal(
        [
            "Upstreams.0.Registries.0.Host = \"docker.io\": with Shape ByNamespace the request names the registry; leave it out, "
                + "or write Endpoint for what is dialled instead",
        ],
        RuleFile.ErrorsOfRule(
            """ "Shape": "ByNamespace", "Match": { "Namespaces": ["docker.io"] }, "Registries": ["docker.io"] """));

    [Theory]
    [InlineData("\"*.example.com\"")]
    [InlineData("\"docker.io\", \"*.example.com\"")]
    [InlineData("\"docker.io\", \"quay.io\"")]
    public void PasswordForWhoeverIsNamed_IsRefused(string namespaces) => Assert.Equal(
        [
            "Upstreams.0.Registries.0.User = \"me\": would be shown to every registry that Match.Namespaces takes; "
                + "write one name there, without *, or Endpoint",
        ],
        RuleFile.ErrorsOfRule(
            $$"""
            "Shape": "ByNamespace", "Match": { "Namespaces": [{{namespaces}}] },
            "Registries": [{ "User": "me", "Password": "hunter2" }]
            """));

    [Theory]
    [InlineData("\"docker.io\"", "")]
    [InlineData("\"docker.io\", \"*.example.com\"", "\"Endpoint\": \"https://mirror.example.com\", ")]
    public void PasswordForOneServer_IsAllowed(string namespaces, string endpoint) => Assert.Equal(
        "me",
        RuleFile.Rule(
            $$"""
            "Shape": "ByNamespace", "Match": { "Namespaces": [{{namespaces}}] },
            "Registries": [{ {{endpoint}}"User": "me", "Password": "hunter2" }]
            """).Registries[0].Upstream.Auth.User);

    [Fact]
    public void NamesOfRegistries_Differ() => Assert.Equal(
        ["Upstreams.0.Registries.2.Name = \"eu\": is the name of Upstreams.0.Registries.0 too; every registry of a rule needs its own"],
        RuleFile.ErrorsOfRule(
            $$"""
            "Registries": [
              { "Name": "eu", "Host": "{{RuleFile.Eu}}" }, "{{RuleFile.West}}", { "Name": "eu", "Host": "{{RuleFile.West}}" } ]
            """));

    [Fact]
    public void RoleOfAllRegistries_HasToFitEachPartition() => Assert.Equal(
        [
            "Upstreams.0.Registries.1.Aws.RoleArn: is missing; Aws.RoleArn is a role of partition aws, but cn-north-1 is in partition "
                + "aws-cn: AWS accepts no credentials across partitions",
        ],
        RuleFile.Errors(
            $$"""
            { "Aws": { "RoleArn": "arn:aws:iam::123456789012:role/pull" },
              "Upstreams": [ { "Registries": ["{{RuleFile.Eu}}", "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn"] } ] }
            """));

    [Fact]
    public void PasswordFileThatIsNotThere_IsRefused()
    {
        using var files = new TestFiles();
        var path = files.PathOf("password");

        var error = Assert.Single(RuleFile.ErrorsOfRule(
            $$""" "Registries": [{ {{Endpoint}}, "User": "edge", "PasswordFile": "{{path}}" }] """));

        Assert.StartsWith($"Upstreams.0.Registries.0.PasswordFile = \"{path}\": the password file {path} cannot be read: ", error);
    }

    private static void AssertOnly(string expected, string fields)
    {
        var error = Assert.Single(RuleFile.ErrorsOfRule($$""" "Registries": [ { {{fields}} } ] """));

        Assert.Equal("Upstreams.0.Registries.0" + expected, error);
        Assert.DoesNotContain("hunter2", error);
    }
}
