namespace FastEcrProxy.Upstream;

/// <summary>Reads how long a peer asks to be left alone.</summary>
internal static class RetryAfter
{
    /// <summary>A longer wish is cut: a slip of a zero must not send clients away for a day.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>From the header, in seconds or as a date; null where there is none that can be read.</summary>
    public static TimeSpan? Of(HttpResponseMessage message, TimeProvider time)
    {
        var header = message.Headers.RetryAfter;
        var wish = header?.Delta ?? (header?.Date - time.GetUtcNow());
        return wish switch
        {
            null => null,
            { Ticks: < 0 } => TimeSpan.Zero,
            _ when wish > Longest => Longest,
            _ => wish,
        };
    }
}
