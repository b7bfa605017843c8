namespace FastEcrProxy.LocalEcr;

/// <summary>What a fault does, without when and how often.</summary>
internal abstract record FaultPlan
{
    public sealed record Answer(int Status, TimeSpan? RetryAfter, string? Body, string ContentType) : FaultPlan;

    public sealed record Hang : FaultPlan;

    public sealed record Deny : FaultPlan;

    public sealed record Redirect(Uri Host) : FaultPlan;

    public sealed record Cut(long AfterBytes, CutHow How) : FaultPlan;

    public sealed record Corrupt(long Offset) : FaultPlan;

    public sealed record CorruptManifest : FaultPlan;

    public sealed record Pause(long AfterBytes) : FaultPlan;

    public sealed record Limit(long BytesPerSecond) : FaultPlan;

    public sealed record NoLength : FaultPlan;

    public sealed record WrongLength(long Difference) : FaultPlan;
}
