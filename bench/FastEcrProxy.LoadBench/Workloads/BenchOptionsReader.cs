using System.Globalization;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>Reads the command line; what run.sh has found out comes in the environment.</summary>
internal static class BenchOptionsReader
{
    /// <exception cref="BenchFailure">It makes no sense.</exception>
    public static BenchOptions Read(string[] arguments)
    {
        var options = new BenchOptions
        {
            Binary = Needed("LOADBENCH_BINARY"),
            FloorProgram = Environment.GetEnvironmentVariable("LOADBENCH_FLOOR") is { Length: > 0 } floor ? floor : null,
            WorkFolder = Needed("LOADBENCH_WORK"),
            ResultsFolder = Needed("LOADBENCH_RESULTS"),
            Command = string.Join(' ', ["bench/run.sh", .. arguments]),
        };
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out var word))
        {
            options = word switch
            {
                "--quick" => options with { Quick = true },
                "--rounds" => options with { Rounds = (int)Number(word, rest) },
                "--minutes" => options with { Minutes = Number(word, rest) },
                "--upstream" => options with { UpstreamTls = Choice(word, rest, "tls", "plain") },
                "--variant" => options with { Variants = [.. options.Variants, Variant(Value(word, rest))] },
                _ when word.StartsWith('-') => throw new BenchFailure($"{word} is no option. {BenchOptions.Usage}"),
                _ => options with { Workloads = [.. options.Workloads, word] },
            };
        }

        return options;
    }

    private static (string Name, IReadOnlyDictionary<string, string> Environment) Variant(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var settings = text[(colon + 1)..].Split(',').Select(static setting => setting.Split('=', 2)).ToList();
        return colon > 0 && settings.All(static setting => setting is [{ Length: > 0 }, _])
            ? (text[..colon], settings.ToDictionary(static setting => setting[0], static setting => setting[1]))
            : throw new BenchFailure($"--variant {text}: write NAME:KEY=VALUE, as in --variant copy:FEP_Listen__FileOutput=false.");
    }

    private static bool Choice(string option, Queue<string> rest, string yes, string no)
    {
        var value = Value(option, rest);
        return value == yes || (value == no ? false : throw new BenchFailure($"{option} is {yes} or {no}, not '{value}'."));
    }

    private static double Number(string option, Queue<string> rest)
    {
        var value = Value(option, rest);
        return double.TryParse(value, NumberStyles.AllowDecimalPoint, null, out var number) && number > 0
            ? number
            : throw new BenchFailure($"{option} takes a number above zero, not '{value}'.");
    }

    private static string Value(string option, Queue<string> rest) =>
        rest.TryDequeue(out var value) ? value : throw new BenchFailure($"{option} lacks its value. {BenchOptions.Usage}");

    private static string Needed(string variable) =>
        Environment.GetEnvironmentVariable(variable) ?? throw new BenchFailure($"{variable} is missing: start this by bench/run.sh.");
}
