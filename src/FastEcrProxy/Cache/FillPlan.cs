using System.Diagnostics;

namespace FastEcrProxy.Cache;

/// <summary>Decides which fetcher brings which absent bytes: where readers wait first, then from the lowest on.</summary>
/// <remarks>
/// Pure bookkeeping on offsets, without threads or clocks; <see cref="BlobFill"/> guards it. No two claims overlap and no
/// claim covers what is there, so no byte is asked for twice unless a connection broke or stands still.
///
/// One fetcher claims as far as it can and needs one request. Several share the work in stretches, from the lowest on, so that
/// who reads from the start gets the speed of all of them; a stretch is what one request asks for.
/// </remarks>
internal sealed class FillPlan(long length, PresentRanges present)
{
    /// <summary>
    /// A reader this near before a fetcher is served by it; one further off gets a fetcher of its own. 8 MiB: S3 brings
    /// that in about the time that a new request to ECR and S3 takes.
    /// </summary>
    public const long SegmentBytes = 8L << 20;

    // Longer ones hide the pause between two requests better, but nobody gets the bytes behind one until it is there.
    private const long StretchBytesMax = 32L << 20;

    // Each fetcher gets several: fewer, and the slowest one's last would be waited for by all.
    private const int StretchesEach = 4;

    // Less is there sooner than another request would be.
    private const long TakeOverBytesLeast = 2L << 20;

    // A fetcher that needs more looks than this for what it has left is slow to who has nothing left to do: half a second.
    private const int SlowLooks = 5;

    // A connection on which nothing has come for ten seconds is not waited for any longer; it may still come first.
    private const int StuckLooks = 100;

    private readonly List<FillClaim> _claims = [];
    private int _fetchers = 1;

    public PresentRanges Present { get; } = present;

    public bool IsWhole => Present.Bytes == length;

    /// <summary>From now on so many fetchers share the work; what they have claimed already is shared, too.</summary>
    public void ShareAmong(int fetchers)
    {
        _fetchers = fetchers;
        foreach (var claim in _claims)
        {
            claim.End = Math.Min(claim.End, claim.Position + StretchBytes());
        }
    }

    /// <summary>What a free fetcher should bring next. Null: every absent byte is claimed by one that brings it.</summary>
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

        return LowestUnclaimed() is { } lowest ? TakeFrom(lowest) : TakeOver();
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
            if (offset >= claim.Position && offset < claim.End && offset - claim.Position < SegmentBytes && !IsStuck(claim))
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

        var counted = Math.Min(bytes, claim.Left); // the end may have come nearer since they were asked for
        Present.Add(claim.Position, claim.Position + counted);
        claim.Position += counted;
        return claim.Left > 0;
    }

    /// <summary>The fetcher gives up the rest of its claim, or is through with it.</summary>
    public void Release(FillClaim claim) => _claims.Remove(claim);

    /// <summary>A look at how the fetchers get on, ten a second: who is slow, who stands still.</summary>
    public void Look()
    {
        foreach (var claim in _claims)
        {
            claim.Look();
        }
    }

    private static bool IsStuck(FillClaim claim) => claim.StillLooks >= StuckLooks;

    /// <summary>What one request is to bring: less towards the end, so that all are through at about the same time.</summary>
    private long StretchBytes()
    {
        if (_fetchers == 1)
        {
            return length;
        }

        var unclaimed = length - Present.Bytes - _claims.Sum(static claim => claim.Left);
        return Math.Clamp(unclaimed / (_fetchers * StretchesEach), SegmentBytes, StretchBytesMax);
    }

    private FillClaim TakeFrom(long offset)
    {
        var end = Math.Min(Present.StartOfRunAfter(offset, length), offset + StretchBytes());
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

    /// <summary>Of several fetchers one has nothing left to do: it helps the slowest, or replaces one that stands still.</summary>
    private FillClaim? TakeOver()
    {
        if (_fetchers == 1 || _claims.MaxBy(static claim => claim.Left / (claim.Pace + 1)) is not { } slowest)
        {
            return null;
        }

        if (IsStuck(slowest) && slowest.Left > 0)
        {
            return TakeFrom(slowest.Position);
        }

        return slowest.Left >= TakeOverBytesLeast && slowest.Left > slowest.Pace * SlowLooks
            ? TakeFrom(slowest.Position + (slowest.Left / 2))
            : null;
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
