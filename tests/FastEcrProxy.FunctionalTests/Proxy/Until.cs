using System.Runtime.CompilerServices;

namespace FastEcrProxy.FunctionalTests.Proxy;

/// <summary>
/// Waits for what happens after an answer, or on another thread: a publish, a log line, a measurement. Everybody who waits for
/// such a thing does it here.
/// </summary>
internal static class Until
{
    /// <summary>For <c>[Fact(Timeout = …)]</c>: far more than any test takes on a busy machine, so that a hang fails.</summary>
    public const int TestMilliseconds = 180_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    // Within the above, so that what did not happen is named.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Asks again and again until it is so; fails with what was asked when that takes too long.</summary>
    /// <param name="condition">What is to become so.</param>
    /// <param name="what">Says it to people.</param>
    public static Task TrueAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(() => Task.FromResult(condition()), what);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string)"/>
    public static Task TrueAsync(Func<Task<bool>> condition, [CallerArgumentExpression(nameof(condition))] string what = "") =>
        TrueAsync(condition, () => what);

    /// <inheritdoc cref="TrueAsync(Func{bool}, string)"/>
    /// <param name="condition">What is to become so.</param>
    /// <param name="what">Says it to people, and how it stands.</param>
    public static async Task TrueAsync(Func<Task<bool>> condition, Func<string> what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            Assert.True(TimeProvider.System.GetElapsedTime(began) < Patience, $"Not within {Patience.TotalSeconds} s: {what()}");
            await Task.Delay(Pause, TimeProvider.System, TestContext.Current.CancellationToken);
        }
    }
}
