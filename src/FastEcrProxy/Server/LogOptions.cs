using FastEcrProxy.Observability;
using Microsoft.Extensions.Logging;

namespace FastEcrProxy.Server;

/// <summary>How the proxy logs, and how much.</summary>
internal sealed record LogOptions
{
    public LogFormat Format { get; init; } = LogFormat.Text;

    /// <summary>The least important events that are logged. Default information: one line per request.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;
}
