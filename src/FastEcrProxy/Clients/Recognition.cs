namespace FastEcrProxy.Clients;

/// <summary>What one way could make of what a client showed.</summary>
internal readonly record struct Recognition
{
    /// <summary>Nothing that this way reads was shown.</summary>
    public static readonly Recognition Nothing;

    private Recognition(Caller? caller, string? refusal, string? trouble, bool mayBeGuessed = false) =>
        (Caller, Refusal, Trouble, MayBeGuessed) = (caller, refusal, trouble, mayBeGuessed);

    /// <summary>Who it is; null where that is not known.</summary>
    public Caller? Caller { get; }

    /// <summary>Why what was shown is wrong, for the log: without any secret of it.</summary>
    public string? Refusal { get; }

    /// <summary>Why it could not be found out whether it is right, through no fault of the client's.</summary>
    public string? Trouble { get; }

    /// <summary>
    /// Of a refusal: whether the next attempt might be right by chance, or costs somebody else something. A token whose signature is
    /// wrong, or that is over, is neither: everybody of a network would be held up for one job that is late.
    /// </summary>
    public bool MayBeGuessed { get; }

    public static Recognition Of(Caller caller) => new(caller, null, null);

    /// <summary>What was shown is of this way's kind, and wrong.</summary>
    public static Recognition Refused(string why, bool mayBeGuessed = false) => new(null, why, null, mayBeGuessed);

    /// <summary>Who would have to be asked does not answer.</summary>
    public static Recognition Undecided(string why) => new(null, null, why);
}
