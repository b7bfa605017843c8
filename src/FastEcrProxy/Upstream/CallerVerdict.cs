namespace FastEcrProxy.Upstream;

/// <summary>What one registry says to what a caller wants, as an answer to be handed on.</summary>
/// <param name="Kind">What it says.</param>
internal sealed record CallerVerdict(CallerVerdict.Word Kind)
{
    public static readonly CallerVerdict May = new(Word.May);

    public static readonly CallerVerdict MayNot = new(Word.MayNot);

    public static readonly CallerVerdict NoRepository = new(Word.NoRepository);

    public static readonly CallerVerdict NotTaken = new(Word.NotTaken);

    /// <summary>The words for it.</summary>
    internal enum Word
    {
        /// <summary>It answers, whatever it has: the caller may ask so.</summary>
        May,

        /// <summary>It knows the caller, who may not.</summary>
        MayNot,

        /// <summary>The caller might, and there is no such repository in this registry.</summary>
        NoRepository,

        /// <summary>It does not take the token: expired, of another Region, or none. It has said nothing about the caller.</summary>
        NotTaken,
    }
}
