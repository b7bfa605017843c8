using FastEcrProxy.FunctionalTests.Proxy;

namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>Waits for what nobody announces. Only for states that come by themselves, such as readiness.</summary>
internal static class Polling
{
    /// <param name="what">What is to become so, for people.</param>
    /// <param name="isSo">Asked again and again.</param>
    public static Task UntilAsync(string what, Func<Task<bool>> isSo) => Until.TrueAsync(isSo, what);
}
