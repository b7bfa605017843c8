using System.CommandLine;
using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary><c>fast-ecr-proxy check</c>: says line by line what a configuration means, and what would go wrong.</summary>
internal static class CheckVerb
{
    public const string More =
        """
        Examples:
          fast-ecr-proxy check --config /etc/fast-ecr-proxy/config.json
          fast-ecr-proxy check --upstream 123456789012.dkr.ecr.eu-central-1.amazonaws.com
          fast-ecr-proxy check --config config.json --image registry.example.com/team/app:1.2
              Which rule takes the image and why, what it is called in which registries, and which of them have it now.

        Takes the flags of 'serve' and the same environment, starts nothing and changes nothing but an empty cache
        directory. Asks AWS for a token and the registry whether it answers.
        Exit code 0: all is well. 1: something is not, its line says what to do. 2: bad configuration.

        """;

    public static Command Create()
    {
        var verb = new Command("check", "Say what a configuration means and whether it would work: AWS, registry, cache.");
        var flags = new SettingsFlags(verb, SettingTable.All);
        var image = new Option<string?>("--image")
        {
            HelpName = "IMAGE", Description = "Say only where this image comes from: registry.example.com/team/app:1.2.",
        };
        var ns = new Option<string?>("--ns")
        {
            HelpName = "REGISTRY", Description = "With --image: asked as containerd asks a mirror of that registry, as docker.io.",
        };
        verb.Options.Add(image);
        verb.Options.Add(ns);
        verb.SetAction((parsed, cancel) => RunAsync(flags.Read(parsed), parsed.GetValue(image), parsed.GetValue(ns), cancel));
        return verb;
    }

    private static async Task<int> RunAsync(SettingsInput input, string? image, string? ns, CancellationToken cancel)
    {
        var (asked, problem) = image is null ? (null, null) : ImageName.Read(image);
        if (problem is not null)
        {
            Console.Error.WriteLine($"--image: {problem}");
            return ExitCode.BadConfiguration;
        }

        var result = SettingsReader.Read(input);
        if (result.Settings is null)
        {
            return ConfigurationErrors.Report(result.Errors);
        }

        var allWell = true;
        var lines = asked is null
            ? SelfCheck.RunAsync(result.Settings, result.Values, cancel)
            : new ImageCheck(result.Settings, TimeProvider.System).RunAsync(asked, ns, cancel);
        await foreach (var line in lines)
        {
            Console.WriteLine(Marked(line));
            allWell &= line.Verdict is not CheckVerdict.Failed;
        }

        return allWell ? ExitCode.Ok : ExitCode.NotWell;
    }

    private static string Marked(CheckLine line) => line.Verdict switch
    {
        CheckVerdict.Failed => Console.IsOutputRedirected ? "FAIL  " + line.Text : "✗ " + line.Text,
        CheckVerdict.Note => Console.IsOutputRedirected ? "note  " + line.Text : "! " + line.Text,
        _ => Console.IsOutputRedirected ? "ok    " + line.Text : "✓ " + line.Text,
    };
}
