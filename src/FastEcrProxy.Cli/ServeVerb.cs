using System.CommandLine;
using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary><c>fast-ecr-proxy serve</c>: runs the proxy until it is told to stop.</summary>
internal static class ServeVerb
{
    public const string More =
        """
        Examples:
          fast-ecr-proxy serve
              In front of the registry of the AWS account that this machine has credentials for.
          fast-ecr-proxy serve --upstream 123456789012.dkr.ecr.eu-central-1.amazonaws.com --cache-size 500GiB
              In front of that registry, with at most 500 GiB on disk.
          fast-ecr-proxy serve --config /etc/fast-ecr-proxy/config.json
              With everything in a file.

        Flags come before the environment, the environment before the file, the file before the defaults.
        In the environment a setting is FEP_ and its key, with __ for the dot: FEP_Cache__Size=500GiB.
        The variables of aws-ecr-http-proxy (UPSTREAM, PORT, CACHE_MAX_SIZE, ...) work too.
        AWS credentials are found as every AWS tool finds them: AWS_ACCESS_KEY_ID, AWS_PROFILE, web identity,
        container or instance role. 'fast-ecr-proxy check' says what it would do with the same flags.

        SIGTERM ends it: running transfers get 30 s (Listen.ShutdownGrace). Exit code 2: bad configuration.

        """;

    public static Command Create()
    {
        var verb = new Command("serve", "Run the proxy: clients pull from it, it pulls from ECR and keeps the layers.");
        var flags = new SettingsFlags(verb, SettingTable.All);
        verb.SetAction((parsed, _) => RunAsync(flags.Read(parsed) with { ToServe = true }));
        return verb;
    }

    private static async Task<int> RunAsync(SettingsInput input)
    {
        var result = SettingsReader.Read(input);
        if (result.Settings is null)
        {
            return ConfigurationErrors.Report(result.Errors);
        }

        using var stop = new StopSignals();
        try
        {
            return await ProxyHost.RunAsync(result.Settings, stop.Token);
        }
        catch (IOException error)
        {
            // A port that was taken between the look at it and now.
            await Console.Error.WriteLineAsync("Cannot start: " + error.Message);
            return ExitCode.BadConfiguration;
        }
    }
}
