namespace FastEcrProxy.FunctionalTests.Proxy;

/// <summary>Waits for what happens after an answer: a publish, a log line, a measurement.</summary>
internal static class Until
{
    /// <summary>For <c>[Fact(Timeout = …)]</c>: far more than any test takes on a busy machine, so that a hang fails.</summary>
    public const int TestMilliseconds = 180_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Asks again and again until it is so; the test's own time-out is the limit.</summary>
    public static Task TrueAsync(Func<bool> condition) => TrueAsync(() => Task.FromResult(condition()));

    /// <inheritdoc cref="TrueAsync(Func{bool})"/>
    public static async Task TrueAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
