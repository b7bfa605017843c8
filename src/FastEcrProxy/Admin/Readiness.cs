namespace FastEcrProxy.Admin;

/// <summary>Whether this proxy should be sent requests now: the answer of <c>/readyz</c>.</summary>
/// <remarks>
/// Ready = not draining, and there is something to answer from: a usable token, or cached content.
/// <list type="bullet">
/// <item>No token but cached content: ready. What was pulled before is pulled again; the check of the token is not ok.</item>
/// <item>A cache directory in trouble and a usable token: ready. Pulls go on unstored; the check of the cache is not ok.</item>
/// <item>Neither a token nor cached content: not ready.</item>
/// <item>Draining: not ready, so that the load balancer lets go while running transfers end.</item>
/// </list>
/// </remarks>
/// <param name="token">Whether the registry's token can be used now.</param>
/// <param name="cache">Whether the cache's directory can be written.</param>
/// <param name="hasCachedContent">Whether anything can be answered without the registry.</param>
internal sealed class Readiness(Func<ReadinessCheck> token, Func<ReadinessCheck> cache, Func<bool> hasCachedContent)
{
    private volatile bool _draining;

    /// <summary>From now on not ready: the process is about to end. There is no way back.</summary>
    public void StartDraining() => _draining = true;

    /// <summary>Asks every check now.</summary>
    public ReadinessReport Ask()
    {
        var draining = ReadinessCheck.Draining(_draining);
        var tokenNow = token();
        var cacheNow = cache();
        var cachedOnly = !tokenNow.Ok && hasCachedContent();
        if (cachedOnly)
        {
            tokenNow = tokenNow with { Reason = $"cached content only: {tokenNow.Reason}" };
        }

        return new ReadinessReport(draining.Ok && (tokenNow.Ok || cachedOnly), [tokenNow, cacheNow, draining]);
    }
}
