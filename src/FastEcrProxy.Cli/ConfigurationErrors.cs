using FastEcrProxy.Server;

namespace FastEcrProxy.Cli;

/// <summary>Tells a person what is wrong with the configuration: one line each, all at once, on standard error.</summary>
internal static class ConfigurationErrors
{
    public static int Report(IReadOnlyList<SettingError> errors)
    {
        foreach (var error in errors)
        {
            Console.Error.WriteLine(error);
        }

        return ExitCode.BadConfiguration;
    }
}
