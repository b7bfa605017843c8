using FastEcrProxy.Server;

namespace FastEcrProxy.FunctionalTests.Blobs;

/// <summary>Settings that make a proxy do soon what takes its time otherwise.</summary>
internal static class Quickly
{
    /// <summary>Running transfers are cut off as soon as the proxy stops.</summary>
    public static ProxySettings Stopping(ProxySettings settings) => settings with
    {
        Listen = settings.Listen with { ShutdownGrace = TimeSpan.FromMilliseconds(1) },
    };
}
