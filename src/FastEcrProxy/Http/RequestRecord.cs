using System.Net;
using FastEcrProxy.Clients;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Http;

/// <summary>What is told of a request when it is over: one log line, one set of measurements.</summary>
internal sealed partial class RequestRecord(TimeProvider time)
{
    private const int ClientLeftStatus = 499; // nginx's number for a client that left before the answer began
    private const int PathLengthMax = 512;
    private const int UserAgentLengthMax = 160;
    private const int NameLengthMax = 120;

    private readonly long _began = time.GetTimestamp();

    public RequestKind Kind { get; set; } = RequestKind.Unknown;

    /// <summary>Which repository it is about, as the client calls it; default where it is about none.</summary>
    public Repository Repository { get; set; }

    public CacheOutcome Outcome { get; set; }

    /// <summary>Who asks, once that is known; null before, and for requests that nobody was asked about.</summary>
    public Caller? Caller { get; set; }

    /// <summary>Bytes of body that the connection took; headers are not counted.</summary>
    public long SentBytes { get; private set; }

    /// <summary>Bytes of body that the client sent, as far as they were read.</summary>
    public long ReceivedBytes { get; private set; }

    /// <summary>Whether the client hung up before it had all. That is its right, and no error.</summary>
    public bool ClientLeft { get; set; }

    /// <summary>Whether the answer was broken off in the middle, so that it does not look whole.</summary>
    public bool Aborted { get; set; }

    /// <summary>Whether it was refused because there are too many like it: then its line is for who looks for it.</summary>
    public bool IsLimited { get; set; }

    /// <summary>What went wrong, as the client was told or would have been; more where the client must not know.</summary>
    public string? Trouble { get; set; }

    public void Sent(long bytes) => SentBytes += bytes;

    public void Received(long bytes) => ReceivedBytes += bytes;

    /// <summary>Writes the line and the measurements. Call it once, last.</summary>
    /// <param name="http">The answer's status and the client.</param>
    /// <param name="target">The request's target as the client sent it; its query is not told.</param>
    /// <param name="metrics">Gets the measurements.</param>
    /// <param name="logger">Gets the line.</param>
    public void Close(HttpContext http, string target, ProxyMetrics metrics, ILogger logger)
    {
        var duration = time.GetElapsedTime(_began);
        var status = ClientLeft && !http.Response.HasStarted ? ClientLeftStatus : http.Response.StatusCode;
        metrics.ClientBytes(ReceivedBytes);
        metrics.RequestEnded(Kind, status, Outcome, SentBytes, duration);

        var level = Level(status);
        if (logger.IsEnabled(level))
        {
            Log.Ended(
                logger,
                level,
                LogText.Of(http.Request.Method, PathLengthMax),
                LogText.Of(PathOf(target), PathLengthMax),
                status,
                Outcome,
                ReceivedBytes > 0 ? ReceivedBytes : SentBytes,
                (long)duration.TotalMilliseconds,
                ReceivedBytes > 0 ? "from" : "to",
                Client(http.Connection, Caller),
                LogText.Of(http.Request.Headers.UserAgent.ToString(), UserAgentLengthMax),
                Remark());
        }
    }

    private LogLevel Level(int status) => Kind switch
    {
        RequestKind.Health => LogLevel.Debug, // a load balancer asks every few seconds
        _ when IsLimited => LogLevel.Debug, // a flood; LimitReports tells of it
        _ when status == StatusCodes.Status504GatewayTimeout => LogLevel.Information, // only-if-cached, and it was not
        _ when Aborted || status >= StatusCodes.Status500InternalServerError => LogLevel.Warning,
        _ => LogLevel.Information,
    };

    private string Remark()
    {
        if (ClientLeft)
        {
            return $": client left after {(ReceivedBytes > 0 ? ReceivedBytes : SentBytes)} bytes";
        }

        var broken = Aborted ? ": broken off" : "";
        return Trouble is null ? broken : $"{broken}: {Trouble}";
    }

    private static string PathOf(string target)
    {
        var query = target.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? target : target[..query];
    }

    /// <summary>Address and port, and who it is where somebody had to say so.</summary>
    private static string Client(ConnectionInfo connection, Caller? caller)
    {
        var (address, port) = (connection.RemoteIpAddress, connection.RemotePort);
        var from = address is null ? "unknown"
            : port == 0 ? address.ToString() // a balancer tells no port
            : new IPEndPoint(address, port).ToString();
        return caller is null or { Way: ClientWay.None } ? from : $"{from} ({LogText.Of(caller.Name, NameLengthMax)})";
    }

    private static partial class Log
    {
        [LoggerMessage(
            EventId = 3000,
            Message = "{Method} {Path} {Status} {Outcome} {Bytes} bytes in {Milliseconds} ms {Direction} {Client} {UserAgent}{Remark}")]
        public static partial void Ended(
            ILogger logger,
            LogLevel level,
            string method,
            string path,
            int status,
            CacheOutcome outcome,
            long bytes,
            long milliseconds,
            string direction,
            string client,
            string userAgent,
            string remark);
    }
}
