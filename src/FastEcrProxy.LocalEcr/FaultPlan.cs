namespace FastEcrProxy.LocalEcr;

/// <summary>What a fault does, without when and how often.</summary>
internal abstract record FaultPlan
{
    /// <summary>Answers with a status of the test's choice.</summary>
    public sealed record Answer(int Status, TimeSpan? RetryAfter, string? Body, string ContentType) : FaultPlan;

    /// <summary>Takes the request and answers nothing.</summary>
    public sealed record Hang : FaultPlan;

    /// <summary>Answers as IAM does that allows nothing.</summary>
    public sealed record Deny : FaultPlan;

    /// <summary>Sends blob requests to another host.</summary>
    public sealed record Redirect(Uri Host) : FaultPlan;

    /// <summary>Ends a body early.</summary>
    public sealed record Cut(long AfterBytes, CutHow How) : FaultPlan;

    /// <summary>Answers before all of a push's body has come.</summary>
    public sealed record RefuseBody(long AfterBytes, int Status) : FaultPlan;

    /// <summary>Does what is asked, and breaks the connection instead of saying so.</summary>
    public sealed record Silence : FaultPlan;

    /// <summary>Flips one byte of a layer.</summary>
    public sealed record Corrupt(long Offset) : FaultPlan;

    /// <summary>Flips one byte of a manifest.</summary>
    public sealed record CorruptManifest : FaultPlan;

    /// <summary>Stands still inside a body.</summary>
    public sealed record Pause(long AfterBytes) : FaultPlan;

    /// <summary>Slows a body down.</summary>
    public sealed record Limit(long BytesPerSecond) : FaultPlan;

    /// <summary>Leaves out the length of a body.</summary>
    public sealed record NoLength : FaultPlan;

    /// <summary>Tells a length that is not so.</summary>
    public sealed record WrongLength(long Difference) : FaultPlan;
}
