using System.Net;
using FastEcrProxy.Admin;

namespace FastEcrProxy.Server;

/// <summary>Asks a running proxy whether it is ready, from another process.</summary>
internal static class ReadinessQuestion
{
    /// <param name="admin">Where its admin port listens.</param>
    /// <param name="cancel">Ends the question with an exception.</param>
    /// <returns>Whether it is ready, and what it said; never an exception for a proxy that is not there.</returns>
    public static async Task<(bool Ready, string Words)> AskAsync(IPEndPoint admin, CancellationToken cancel)
    {
        var answer = await new HealthProbe(TimeProvider.System).AskAsync(admin, cancel);
        return (answer.Ready, answer.Body);
    }
}
