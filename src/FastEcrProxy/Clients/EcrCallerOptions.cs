namespace FastEcrProxy.Clients;

/// <summary>How long what ECR says about its callers is believed.</summary>
internal sealed record EcrCallerOptions
{
    /// <summary>A yes, without asking again. Default 5 minutes: so long a permission that was taken away may still be used here.</summary>
    public TimeSpan Remember { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A yes, while nobody can be asked. Default 12 hours, which is a token's whole life; never longer than the token says of
    /// itself. Zero: who cannot be asked about is not let in.
    /// </summary>
    public TimeSpan RememberIfDown { get; init; } = TimeSpan.FromHours(12);

    /// <summary>A no: long enough that a client which tries again and again asks ECR once, short enough that nobody waits for it.</summary>
    public TimeSpan RememberRefusal { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long ECR is not asked again after it did not answer: with a yes from before at hand, nobody waits for it then.</summary>
    public TimeSpan PauseIfDown { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many yeses are known at a time. Beyond it those that were given the longest ago are asked for again.</summary>
    public int KnownMax { get; init; } = 50_000;
}
