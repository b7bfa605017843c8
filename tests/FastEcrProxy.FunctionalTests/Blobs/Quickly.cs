using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>Settings that make a proxy lose its patience soon, for tests of what it does then.</summary>
internal static class Quickly
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(1);

    /// <summary>Silence upstream is taken for a failure after a second.</summary>
    public static ProxySettings TimedOut(ProxySettings settings) => settings with
    {
        Upstream = settings.Upstream with { FirstByteTimeout = Soon, IdleTimeout = Soon },
    };

    /// <summary>Running transfers are cut off as soon as the proxy stops.</summary>
    public static ProxySettings Stopping(ProxySettings settings) => settings with
    {
        Listen = settings.Listen with { ShutdownGrace = TimeSpan.FromMilliseconds(1) },
    };
}
