namespace FastEcrProxy.Cli;

/// <summary>What the process tells the shell; the same for every verb.</summary>
internal static class ExitCode
{
    public const int Ok = 0;

    /// <summary>
    /// What was asked about is not well: <c>check</c> found something, <c>healthcheck</c> found it not ready, <c>warm</c> did
    /// not get all of it.
    /// </summary>
    public const int NotWell = 1;

    /// <summary>The command line or the configuration is wrong; standard error says what.</summary>
    public const int BadConfiguration = 2;

    /// <summary>
    /// <c>warm</c> was called wrongly: nothing was tried. Its own number (EX_USAGE of sysexits.h), so that a script that goes
    /// through a list knows that the next time will be no better.
    /// </summary>
    public const int Usage = 64;
}
