using System.Net.Sockets;
using System.Security.Authentication;
using FastEcrProxy.Oci;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class NetworkFailureTests
{
    private static readonly UpstreamOptions Options = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(5), FirstByteTimeout = TimeSpan.FromSeconds(20),
    };

    public static TheoryData<Exception, string, string> Table => new()
    {
        { new TaskCanceledException("", new TimeoutException()), "Unreachable", "No connection to reg.example within 5 s" },
        { new TaskCanceledException(), "Unreachable", "reg.example did not answer within 20 s" },
        { Http(HttpRequestError.NameResolutionError, Socket(SocketError.HostNotFound)), "Unreachable", "DNS does not know" },
        { Http(HttpRequestError.SecureConnectionError, new AuthenticationException("old.")), "Unreachable", "reg.example: old." },
        { Http(HttpRequestError.SecureConnectionError, new IOException()), "Unreachable", "the handshake was cut off" },
        { Http(HttpRequestError.ProxyTunnelError, null), "Unreachable", "proxy" },
        { Http(HttpRequestError.ConnectionError, Socket(SocketError.ConnectionRefused)), "Unreachable", "refuses connections" },
        { Http(HttpRequestError.ConnectionError, Socket(SocketError.NetworkUnreachable)), "Unreachable", "NetworkUnreachable" },
        { Http(HttpRequestError.ConnectionError, new ClosedAddressException()), "Unreachable", "this machine's credentials" },
        { Http(HttpRequestError.InvalidResponse, null), "BadAnswer", "no HTTP" },
        { Http(HttpRequestError.ResponseEnded, null), "CutShort", "broke before an answer" },
        { Http(HttpRequestError.Unknown, new IOException("reset")), "CutShort", "broke before an answer" },
    };

    [Theory, MemberData(nameof(Table))]
    public void EveryCause_HasItsOwnWords(Exception exception, string error, string words)
    {
        var failure = NetworkFailure.Of(exception, "reg.example", Options);

        Assert.Equal(Enum.Parse<FetchError>(error), failure.Error);
        Assert.Contains(words, failure.Reason, StringComparison.Ordinal);
        Assert.Contains("reg.example", failure.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void HostThatAClientNamed_IsSaidToBeNoneOfItsBusiness()
    {
        var exception = Http(HttpRequestError.ConnectionError, new ClosedAddressException());

        var failure = NetworkFailure.Of(exception, "reg.example", Options with { IsNamedByClient = true });

        Assert.Contains("not for clients to name", failure.Reason, StringComparison.Ordinal);
    }

    private static SocketException Socket(SocketError error) => new((int)error);

    private static HttpRequestException Http(HttpRequestError error, Exception? inner) => new(error, "https://secret/", inner);
}
