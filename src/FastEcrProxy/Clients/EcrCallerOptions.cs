namespace FastEcrProxy.Clients;

/// <summary>How long what ECR says about its callers is believed.</summary>
internal sealed record EcrCallerOptions
{
    /// <summary>
    /// A yes, without asking again; not beyond the token's own end. Default 5 minutes: so long a permission that was taken away may
    /// still be used here.
    /// </summary>
    public TimeSpan Remember { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A yes, while nobody can be asked. Default 12 hours, which is a token's whole life; never longer than the token says of
    /// itself. Zero: who cannot be asked about is not let in.
    /// </summary>
    public TimeSpan RememberIfDown { get; init; } = TimeSpan.FromHours(12);

    /// <summary>A no. Default 5 seconds: who tries again and again asks ECR once, and nobody waits long for a new right.</summary>
    public TimeSpan RememberRefusal { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long ECR is not asked again after it did not answer: who was let in before does not wait for it then.</summary>
    public TimeSpan PauseIfDown { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How many yeses are known at a time. Beyond it those that were given the longest ago are asked for again.</summary>
    public int KnownMax { get; init; } = 50_000;
}
