using System.Diagnostics;

namespace FastEcrProxy.Cache;

/// <summary>Decides which fetcher brings which absent bytes: where readers wait first, then from the lowest on.</summary>
/// <remarks>
/// Pure bookkeeping on offsets, without threads or clocks; <see cref="BlobFill"/> guards it. No two claims overlap and no
/// claim covers what is there, so no byte is asked for twice unless a connection broke.
/// </remarks>
internal sealed class FillPlan(long length, PresentRanges present)
{
    /// <summary>
    /// A reader this near before a fetcher is served by it; one further off gets a fetcher of its own. 8 MiB: S3 brings
    /// that in about the time that a new request to ECR and S3 takes.
    /// </summary>
    public const long SegmentBytes = 8L << 20;

    private readonly List<FillClaim> _claims = [];

    public PresentRanges Present { get; } = present;

    public bool IsWhole => Present.Bytes == length;

    /// <summary>What a free fetcher should bring next. Null: every absent byte is claimed.</summary>
    /// <param name="waiting">Offsets that readers wait at, oldest first.</param>
    public FillClaim? Take(IEnumerable<long> waiting)
    {
        foreach (var offset in waiting)
        {
            if (IsNeglected(offset))
            {
                return TakeFrom(offset);
            }
        }

        return LowestUnclaimed() is { } lowest ? TakeFrom(lowest) : null;
    }

    /// <summary>Whether a reader waits for a byte that no fetcher will bring soon.</summary>
    public bool IsNeglected(long offset)
    {
        if (offset >= length || Present.EndOfRunAt(offset) > offset)
        {
            return false;
        }

        foreach (var claim in _claims)
        {
            if (offset >= claim.Position && offset < claim.End && offset - claim.Position < SegmentBytes)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The claim's next bytes are there. False: the fetcher is at the end of its claim.</summary>
    public bool Arrived(FillClaim claim, int bytes)
    {
        Debug.Assert(_claims.Contains(claim), "only a claim that is held can move");
        Debug.Assert(claim.Position + bytes <= claim.End, "a fetcher brings no more than its claim");

        Present.Add(claim.Position, claim.Position + bytes);
        claim.Position += bytes;
        return claim.Position < claim.End;
    }

    /// <summary>The fetcher gives up the rest of its claim, or is through with it.</summary>
    public void Release(FillClaim claim) => _claims.Remove(claim);

    private FillClaim TakeFrom(long offset)
    {
        var end = Present.StartOfRunAfter(offset, length);
        foreach (var other in _claims)
        {
            if (other.Position <= offset && offset < other.End)
            {
                // A fetcher on its way here is too far off: it now stops where this one starts.
                (end, other.End) = (Math.Min(end, other.End), offset);
            }
            else if (other.Position > offset)
            {
                end = Math.Min(end, other.Position);
            }
        }

        var claim = new FillClaim(offset, end);
        _claims.Add(claim);
        return claim;
    }

    private long? LowestUnclaimed()
    {
        long offset = 0;
        while (offset < length)
        {
            var past = Math.Max(Present.EndOfRunAt(offset), EndOfClaimAt(offset));
            if (past == offset)
            {
                return offset;
            }

            offset = past;
        }

        return null;
    }

    private long EndOfClaimAt(long offset)
    {
        foreach (var claim in _claims)
        {
            if (claim.Position <= offset && offset < claim.End)
            {
                return claim.End;
            }
        }

        return offset;
    }
}
