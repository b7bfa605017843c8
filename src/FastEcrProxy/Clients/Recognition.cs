namespace FastEcrProxy.Clients;

/// <summary>What one way could make of what a client showed.</summary>
internal readonly record struct Recognition
{
    /// <summary>Nothing that this way reads was shown.</summary>
    public static readonly Recognition Nothing;

    private Recognition(Caller? caller, string? refusal, string? trouble) => (Caller, Refusal, Trouble) = (caller, refusal, trouble);

    /// <summary>Who it is; null where that is not known.</summary>
    public Caller? Caller { get; }

    /// <summary>Why what was shown is wrong, for the log: without any secret of it.</summary>
    public string? Refusal { get; }

    /// <summary>Why it could not be found out whether it is right, through no fault of the client's.</summary>
    public string? Trouble { get; }

    public static Recognition Of(Caller caller) => new(caller, null, null);

    /// <summary>What was shown is of this way's kind, and wrong.</summary>
    public static Recognition Refused(string why) => new(null, why, null);

    /// <summary>Who would have to be asked does not answer.</summary>
    public static Recognition Undecided(string why) => new(null, null, why);
}
