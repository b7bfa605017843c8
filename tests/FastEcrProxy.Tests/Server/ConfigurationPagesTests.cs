using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

/// <summary>The committed pages are those that the table of settings gives. UPDATE_DOCS=1 writes them anew.</summary>
public sealed class ConfigurationPagesTests
{
    private const string Update = "UPDATE_DOCS";
    private const string HowToUpdate =
        "It is not what the settings say: run the tests once with UPDATE_DOCS=1 in the environment and commit what changed.";
    private const string Begin = "<!-- settings: begin, written by ConfigurationPagesTests -->\n";
    private const string End = "<!-- settings: end -->";

    private static readonly string Root = typeof(ConfigurationPagesTests).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!;

    [Fact]
    public void Schema_IsThatOfTheSettings() => AssertCommitted("packaging/config.schema.json", _ => ConfigurationPages.Schema());

    [Fact]
    public void Page_HasTheTablesOfTheSettings() => AssertCommitted("docs/configuration.md", page =>
    {
        var begin = page.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length;
        var end = page.IndexOf(End, StringComparison.Ordinal);

        return string.Concat(page.AsSpan(0, begin), "\n", ConfigurationPages.Tables(), page.AsSpan(end));
    });

    [Fact]
    public void Example_IsReadWithoutErrors()
    {
        var result = SettingsReader.Read(new SettingsInput { ConfigFile = PathOf("packaging/config.example.json") });

        Assert.Empty(result.Errors);
        Assert.Equal("123456789012.dkr.ecr.eu-central-1.amazonaws.com", result.Settings!.Upstream.Host?.RegistryName);
    }

    [Theory]
    [InlineData("Cache", "Size", "100GiB 75g 500M 1TB 1.5Ti 4096 0 512B", "potatoes -1 1.5x")]
    [InlineData("Cache", "TagFreshness", "30s 12h 1h30m 250ms 0 7d", "30 -5s 1.5h 30m1h")]
    public void PatternsOfTheSchema_AgreeWithTheReader(string section, string name, string rightOnes, string wrongOnes)
    {
        var schema = JsonNode.Parse(ConfigurationPages.Schema())!;
        var pattern = new Regex(schema["properties"]![section]!["properties"]![name]!["pattern"]!.GetValue<string>());

        Assert.All(rightOnes.Split(' '), text => Assert.Matches(pattern, text));
        Assert.All(wrongOnes.Split(' '), text => Assert.DoesNotMatch(pattern, text));
    }

    [Fact]
    public void ExamplesOfThePage_AreReadWithoutErrors()
    {
        var examples = Examples();

        Assert.True(examples.Count >= 6);
        Assert.All(examples, example => Assert.NotEmpty(RuleFile.Rules(example)));
    }

    [Fact]
    public void ExamplesOfThePage_AreWhatTheSchemaDescribes()
    {
        var schema = JsonNode.Parse(ConfigurationPages.Schema())!;

        Assert.All(Examples(), example => Assert.Null(SchemaCheck.Problem(schema, JsonNode.Parse(example), "$")));
    }

    [Theory]
    [InlineData("""{ "Upstreams": [ { "Registry": [] } ] }""", "$.Upstreams.Registry")]
    [InlineData("""{ "Upstreams": [ { "Registries": [1] } ] }""", "$.Upstreams.Registries")]
    [InlineData("""{ "Upstreams": [ { "Registries": [{ "Aws": { "Role": "x" } }] } ] }""", "$.Upstreams.Registries")]
    [InlineData("""{ "Upstreams": [ { "CreateRepositories": { "Tags": { "a": 1 } } } ] }""", "$.Upstreams.CreateRepositories")]
    [InlineData("""{ "Upstreams": [ { "Shape": "Round" } ] }""", "$.Upstreams.Shape")]
    public void WhatNoRuleHas_IsNotInTheSchema(string file, string expected) =>
        Assert.Equal(expected, SchemaCheck.Problem(JsonNode.Parse(ConfigurationPages.Schema())!, JsonNode.Parse(file), "$"));

    /// <summary>Every configuration in the page that is whole; the password file that one of them names is made to be there.</summary>
    private static List<string> Examples()
    {
        var page = File.ReadAllText(PathOf("docs/configuration.md"));
        var anyFile = PathOf("docs/configuration.md");
        return [.. Regex.Matches(page, "```json\n(.*?)```", RegexOptions.Singleline)
            .Select(match => match.Groups[1].Value.Replace("/etc/fast-ecr-proxy/regional-password", anyFile, StringComparison.Ordinal))];
    }

    private static void AssertCommitted(string file, Func<string, string> write)
    {
        var committed = File.Exists(PathOf(file)) ? File.ReadAllText(PathOf(file)) : "";

        var expected = write(committed);

        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(PathOf(file), expected);
            return;
        }

        Assert.True(expected == committed, $"{file}: {HowToUpdate}");
    }

    private static string PathOf(string file) => Path.Combine(Root, file);
}
