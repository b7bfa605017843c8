using System.CommandLine;
using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary><c>fast-ecr-proxy healthcheck</c>: asks a running proxy whether it is ready; no shell needed.</summary>
internal static class HealthcheckVerb
{
    public const string More =
        """
        Examples:
          fast-ecr-proxy healthcheck && echo ready
          HEALTHCHECK CMD ["fast-ecr-proxy", "healthcheck"]          (in a Dockerfile)

        The admin address is read as 'serve' reads it: --admin, FEP_Admin__Address, the file, 127.0.0.1:5001.
        Prints why, if it is not ready. Exit code 0: ready. 1: not ready, or nobody answers. 2: bad configuration.

        """;

    public static Command Create()
    {
        var verb = new Command("healthcheck", "Ask a running proxy whether it is ready; the exit code is the answer.");
        var flags = new SettingsFlags(verb, [SettingTable.AdminAddress]);
        verb.SetAction((parsed, cancel) => RunAsync(flags.Read(parsed), cancel));
        return verb;
    }

    private static async Task<int> RunAsync(SettingsInput input, CancellationToken cancel)
    {
        var (address, error) = SettingsReader.ReadAdminAddress(input);
        if (error is not null)
        {
            return ConfigurationErrors.Report([error]);
        }

        var (ready, words) = await ReadinessQuestion.AskAsync(address!, cancel);
        if (ready)
        {
            return ExitCode.Ok;
        }

        await Console.Error.WriteLineAsync(words);
        return ExitCode.NotWell;
    }
}
