using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace FastEcrProxy.Cli;

/// <summary>The usual help, followed by what each verb adds in its own words: examples, files, environment.</summary>
internal sealed class VerbHelp : SynchronousCommandLineAction
{
    private static readonly Dictionary<string, string> More = new()
    {
        ["fast-ecr-proxy"] =
            """
            Example:
              fast-ecr-proxy serve --upstream 123456789012.dkr.ecr.eu-central-1.amazonaws.com
              docker pull 127.0.0.1:5000/my/image:latest

            Each command has its own --help.
            """,
        ["serve"] = ServeVerb.More,
        ["check"] = CheckVerb.More,
        ["healthcheck"] = HealthcheckVerb.More,
        [WarmVerb.Name] = WarmVerb.More,
        ["demo"] = DemoVerb.More,
    };

    private readonly HelpAction _usual = new();

    public override int Invoke(ParseResult parseResult)
    {
        var code = _usual.Invoke(parseResult);
        var verb = parseResult.CommandResult.Command;
        var name = verb is RootCommand ? "fast-ecr-proxy" : verb.Name;
        if (More.TryGetValue(name, out var text))
        {
            parseResult.InvocationConfiguration.Output.WriteLine(text);
        }

        return code;
    }
}
