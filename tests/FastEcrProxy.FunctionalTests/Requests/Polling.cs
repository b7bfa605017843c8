namespace FastEcrProxy.FunctionalTests.Requests;

/// <summary>Waits for what nobody announces. Only for states that come by themselves, such as readiness.</summary>
internal static class Polling
{
    private const int LooksMax = 1200; // a minute: the test fails then, so that it does not hang

    private static readonly TimeSpan Between = TimeSpan.FromMilliseconds(50);

    public static async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        for (var looks = 0; looks < LooksMax; looks++)
        {
            if (await isSo())
            {
                return;
            }

            await Task.Delay(Between, TimeProvider.System, TestContext.Current.CancellationToken);
        }

        Assert.Fail($"Not within {LooksMax * Between.TotalSeconds} s: {what}");
    }
}
