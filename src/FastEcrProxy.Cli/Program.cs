using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary>The executable: one verb, one file.</summary>
internal static class Program
{
    private const string Description =
        "Puts your own name in front of Amazon ECR: clients pull from the proxy without a login, layers are kept on local disk.";

    public static async Task<int> Main(string[] arguments)
    {
        var root = new RootCommand(Description)
        {
            ServeVerb.Create(),
            CheckVerb.Create(),
            HealthcheckVerb.Create(),
            VersionVerb.Create(),
            WarmVerb.Create(),
            DemoVerb.Create(),
        };
        foreach (var help in root.Options.OfType<HelpOption>())
        {
            help.Action = new VerbHelp();
        }

        // Who types the bare name wants to know what there is.
        var parsed = root.Parse(arguments.Length == 0 ? ["--help"] : arguments);
        if (parsed.Action is ParseErrorAction)
        {
            return Refuse(parsed);
        }

        // A time-out here would kill the process two seconds after SIGTERM, in the middle of transfers.
        return await parsed.InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });
    }

    /// <summary>What is wrong with the command line and where to look: not the whole help.</summary>
    private static int Refuse(ParseResult parsed)
    {
        var verb = parsed.CommandResult.Command;
        var path = verb is RootCommand ? verb.Name : $"{parsed.RootCommandResult.Command.Name} {verb.Name}";
        Console.Error.WriteLine(ProblemOf(parsed, verb));
        Console.Error.WriteLine($"See: {path} --help");
        return verb.Name == WarmVerb.Name ? ExitCode.Usage : ExitCode.BadConfiguration;
    }

    private static string ProblemOf(ParseResult parsed, Command verb) =>
        parsed.UnmatchedTokens is [var unknown, ..] ? Unknown(unknown, verb) : parsed.Errors[0].Message;

    /// <summary>What to tell who wrote a word that the verb does not know.</summary>
    public static string Unknown(string unknown, Command verb)
    {
        var known = verb.Options.Select(option => option.Name).Concat(verb.Subcommands.Select(command => command.Name));
        var meant = Spelling.Nearest(unknown, known, name => name);
        var kind = unknown.StartsWith('-') ? "flag" : verb is RootCommand ? "command" : "argument";
        return $"'{unknown}': unknown {kind}" + (meant is null ? "." : $"; did you mean {meant}?");
    }
}
