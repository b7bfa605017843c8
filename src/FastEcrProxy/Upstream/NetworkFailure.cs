using System.Net.Sockets;
using System.Security.Authentication;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Upstream;

/// <summary>Says why no answer came, in words that tell a person where to look: DNS, TLS, a refusal or silence.</summary>
internal static class NetworkFailure
{
    /// <summary>The failure behind an exception of the HTTP stack. <see cref="FetchError.CutShort"/>: the connection broke.</summary>
    /// <param name="exception">What the stack threw.</param>
    /// <param name="host">Who was asked, for the sentence.</param>
    /// <param name="options">The time-outs.</param>
    /// <param name="patience">How long the head of the answer was waited for, where that is not the options' first-byte time-out.</param>
    public static FetchFailure Of(Exception exception, string host, UpstreamOptions options, TimeSpan? patience = null)
    {
        var socket = Find<SocketException>(exception);
        return exception switch
        {
            _ when Find<TimedWrites.Stalled>(exception) is not null => Unreachable(
                $"{host} took nothing of what it was sent for {Seconds(options.IdleTimeout)}."),
            _ when Find<ClosedAddressException>(exception) is not null => Unreachable(!options.IsNamedByClient
                ? $"{host} is where AWS hands out this machine's credentials: no registry is there, and it is not asked for images."
                : $"{host} is on this machine or its link, which is not for clients to name; Match.Namespaces has to list it without *."),
            OperationCanceledException { InnerException: TimeoutException } => Unreachable(
                $"No connection to {host} within {Seconds(options.ConnectTimeout)}: look at routes, security groups and VPC endpoints."),
            OperationCanceledException => Unreachable($"{host} did not answer within {Seconds(patience ?? options.FirstByteTimeout)}."),
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Unreachable(
                $"DNS does not know {host} ({socket?.SocketErrorCode.ToString() ?? "no address"}): look at the name and the resolver."),
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Unreachable(
                $"No TLS connection to {host}: {Find<AuthenticationException>(exception)?.Message ?? "the handshake was cut off"}"),
            HttpRequestException { HttpRequestError: HttpRequestError.ProxyTunnelError } => Unreachable(
                $"The system's HTTP proxy gives no connection to {host}."),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError }
                when socket?.SocketErrorCode is SocketError.ConnectionRefused => Unreachable(
                $"{host} refuses connections: nothing listens there, or a firewall says no."),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => Unreachable(
                $"No connection to {host}: {socket?.SocketErrorCode.ToString() ?? "unknown network error"}."),
            HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded } =>
                new FetchFailure(FetchError.BadAnswer, $"{host} answers with something that is no HTTP, or with too many headers."),
            _ => new FetchFailure(FetchError.CutShort, $"The connection to {host} broke before an answer."),
        };
    }

    private static FetchFailure Unreachable(string reason) => new(FetchError.Unreachable, reason);

    private static string Seconds(TimeSpan time) => $"{time.TotalSeconds:0.###} s";

    private static T? Find<T>(Exception exception)
        where T : Exception
    {
        for (Exception? inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is T found)
            {
                return found;
            }
        }

        return null;
    }
}
