using FastEcrProxy.Server;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Server;

/// <summary>Reads a configuration file that holds rules, for tests.</summary>
internal static class RuleFile
{
    public const string Eu = "123456789012.dkr.ecr.eu-central-1.amazonaws.com";
    public const string West = "123456789012.dkr.ecr.eu-west-1.amazonaws.com";

    /// <summary>All errors, without the name of the file.</summary>
    public static IReadOnlyList<string> Errors(string json)
    {
        var (result, path) = Read(json);
        return [.. result.Errors.Select(error => error.ToString().Replace($" (from {path})", "", StringComparison.Ordinal))];
    }

    /// <summary>The errors of the only rule, from what stands in it.</summary>
    public static IReadOnlyList<string> ErrorsOfRule(string fields) => Errors(Of(fields));

    public static IReadOnlyList<RuleOptions> Rules(string json, params (string Name, string Value)[] variables)
    {
        var (result, _) = Read(json, variables);
        Assert.Empty(result.Errors);
        return result.Settings!.Upstreams;
    }

    /// <summary>The only rule, from what stands in it.</summary>
    public static RuleOptions Rule(string fields, params (string Name, string Value)[] variables) =>
        Assert.Single(Rules(Of(fields), variables));

    public static (SettingsResult Result, string Path) Read(string json, params (string Name, string Value)[] variables)
    {
        using var files = new TestFiles();
        var path = files.Write("config.json", json);
        var input = new SettingsInput
        {
            ConfigFile = path, Environment = variables.ToDictionary(variable => variable.Name, variable => variable.Value),
        };
        return (SettingsReader.Read(input), path);
    }

    private static string Of(string fields) => $$"""{ "Upstreams": [ { {{fields}} } ] }""";
}
