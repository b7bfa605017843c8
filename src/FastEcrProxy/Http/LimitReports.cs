using System.Net;
using FastEcrProxy.Observability;
using FastEcrProxy.Primitives;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Http;

/// <summary>Tells of requests that were over a limit: each in the measurements, now and then one in the log.</summary>
internal sealed partial class LimitReports(ProxyMetrics metrics, TimeProvider time, ILogger<LimitReports> logger)
{
    private const int NameLengthMax = 128;

    private static readonly TimeSpan TellEvery = TimeSpan.FromSeconds(10);

    private readonly Seldom[] _told = [.. Enum.GetValues<Limit>().Select(_ => new Seldom(TellEvery, time))];

    /// <summary>A request was over a limit.</summary>
    /// <param name="limit">Which one.</param>
    /// <param name="key">What it is called in the configuration.</param>
    /// <param name="http">Where it came from.</param>
    /// <param name="record">Whose it was. It is not worth a line of its own.</param>
    public void Over(Limit limit, string key, HttpContext http, RequestRecord record)
    {
        metrics.Limited(limit);
        record.IsLimited = true;
        if (_told[(int)limit].TryPass(out var count))
        {
            Log.Over(logger, Who(http.Connection.RemoteIpAddress, record), key, count);
        }
    }

    private static string Who(IPAddress? address, RequestRecord record) => record.Caller is { } caller
        ? $"{LogText.Of(caller.Name, NameLengthMax)} ({address})"
        : address?.ToString() ?? "unknown";

    private static partial class Log
    {
        [LoggerMessage(
            3020, LogLevel.Warning,
            "{Client} was over {Limit} and refused. {Count} have been refused since the last such line")]
        public static partial void Over(ILogger logger, string client, string limit, long count);
    }
}
