namespace FastEcrProxy.Server;

/// <summary>The running proxy.</summary>
internal static class ProxyHost
{
    public static Task<int> RunAsync(ProxySettings settings, CancellationToken stop) => Task.FromResult(0);
}
