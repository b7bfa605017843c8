using FastEcrProxy.Oci;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Upstream;

/// <summary>What the log says about upstream: hosts and reasons, never a token, never a presigned address.</summary>
internal static partial class UpstreamLog
{
    /// <summary>A failure, once, where it leaves this folder.</summary>
    public static FetchFailure Report(ILogger logger, string what, FetchFailure failure)
    {
        switch (failure.Error)
        {
            case FetchError.NotFound or FetchError.OutOfRange:
                NotThere(logger, what, failure.Reason);
                break;
            case FetchError.Unwanted:
                break; // a client broke off what it sent: the line of its request tells
            case FetchError.Refused:
                Refused(logger, what, failure.Reason);
                break;
            case FetchError.Throttled:
                Throttled(logger, what, failure.Reason);
                break;
            case FetchError.BadAnswer or FetchError.DigestMismatch:
                BadAnswer(logger, what, failure.Error, failure.Reason);
                break;
            default:
                Unreachable(logger, what, failure.Reason);
                break;
        }

        return failure;
    }

    [LoggerMessage(5005, LogLevel.Information, "{Registry} refuses what it was shown with status {Status}: it is shown something newer")]
    public static partial void CredentialRefused(ILogger logger, RegistryAddress registry, int status);

    [LoggerMessage(5006, LogLevel.Information,
        "The layer store {Host} answers {Status} for {What}: the registry is asked for a new address")]
    public static partial void AddressRefused(ILogger logger, string host, int status, string what);

    [LoggerMessage(5007, LogLevel.Warning, "The registry's Link header for {What} makes no sense: the list ends with this page")]
    public static partial void LinkIgnored(ILogger logger, string what);

    [LoggerMessage(5000, LogLevel.Debug, "Upstream does not have {What}: {Reason}")]
    private static partial void NotThere(ILogger logger, string what, string reason);

    [LoggerMessage(5001, LogLevel.Warning, "Upstream cannot be reached for {What}: {Reason}")]
    private static partial void Unreachable(ILogger logger, string what, string reason);

    [LoggerMessage(5002, LogLevel.Warning, "Upstream refuses {What}: {Reason}")]
    private static partial void Refused(ILogger logger, string what, string reason);

    [LoggerMessage(5003, LogLevel.Warning, "Upstream throttles {What}: {Reason}")]
    private static partial void Throttled(ILogger logger, string what, string reason);

    [LoggerMessage(5004, LogLevel.Error, "Upstream's answer for {What} cannot be used ({Error}): {Reason}")]
    private static partial void BadAnswer(ILogger logger, string what, FetchError error, string reason);
}
