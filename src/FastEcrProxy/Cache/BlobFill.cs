using System.Diagnostics;
using FastEcrProxy.Oci;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Cache;

/// <summary>One download of one blob, shared by everyone who asks for it. The file is the buffer; readers ask by offset.</summary>
/// <remarks>
///   Opening ──► Filling ──► Verified     every byte there, digest right: the last byte may be read
///      └───────────┴──────► Failed       readers that wait are told; what arrived may be read, unless it was wrong
///
/// Fetchers add bytes in any order, <see cref="FillWriter"/> moves the state, readers only wait. The last byte is kept
/// from readers until the digest is right, so wrong bytes never arrive whole.
/// </remarks>
internal sealed class BlobFill
{
    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Waiter> _waiters = []; // in the order in which they came
    private FillPlan? _plan;
    private SafeFileHandle? _file;
    private TaskCompletionSource _neglect = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The boxes of the picture above.</summary>
    public enum State
    {
        Opening,
        Filling,
        Verified,
        Failed,
    }

    public State Current { get; private set; }

    /// <summary>Why it failed. Null until then.</summary>
    public FetchFailure? Failure { get; private set; }

    /// <summary>In bytes; known once opened.</summary>
    public long Length { get; private set; }

    /// <summary>Only once opened.</summary>
    public SafeFileHandle File => _file ?? throw new InvalidOperationException("The fill has no file before it is opened.");

    public bool HasFile => _file is not null;

    /// <summary>Completes when <see cref="Length"/> and <see cref="File"/> are known, or when the fill has failed before.</summary>
    public Task Opened => _opened.Task;

    /// <summary>Completes when a reader waits where no fetcher will be soon. Ask again after each completion.</summary>
    public Task Neglected
    {
        get
        {
            lock (_gate)
            {
                return _neglect.Task;
            }
        }
    }

    /// <summary>Whether every byte is there, right or wrong.</summary>
    public bool IsWhole
    {
        get
        {
            lock (_gate)
            {
                return _plan?.IsWhole ?? false;
            }
        }
    }

    /// <summary>A snapshot of what is there, to be resumed from later.</summary>
    public (long Start, long End)[] Present
    {
        get
        {
            lock (_gate)
            {
                return _plan is null ? [] : [.. _plan.Present.Ranges];
            }
        }
    }

    /// <summary>
    /// Bytes in a row from an offset on; waits for at least one. Zero: there will be none, and <see cref="Failure"/> may
    /// say why.
    /// </summary>
    /// <param name="offset">In bytes from the blob's start.</param>
    /// <param name="seesLast">Whether the last byte counts before the digest is known: for the hash itself, and for pieces.</param>
    /// <param name="cancel">Ends this wait only.</param>
    public ValueTask<long> ReadableAsync(long offset, bool seesLast, CancellationToken cancel) =>
        ReadableAsync(offset, seesLast, isHash: false, cancel);

    /// <summary>The same for the hash, which follows the others and is never a reason to fetch something sooner.</summary>
    public ValueTask<long> HashableAsync(long offset, CancellationToken cancel) =>
        ReadableAsync(offset, seesLast: true, isHash: true, cancel);

    /// <summary>The length is known and the file stands ready; some of it may have been kept from an earlier fill.</summary>
    public void Open(SafeFileHandle file, long length, PresentRanges present)
    {
        lock (_gate)
        {
            Debug.Assert(Current is State.Opening, $"a fill opens once, and is {Current}");
            (_file, Length, Current) = (file, length, State.Filling);
            _plan = new FillPlan(length, present);
        }

        _opened.TrySetResult();
    }

    /// <summary>What a fetcher with a connection open at an offset should bring, or null where that is there or on its way.</summary>
    public FillClaim? ClaimAt(long offset)
    {
        lock (_gate)
        {
            return Current is State.Filling && _plan!.IsNeglected(offset) ? _plan.Take([offset]) : null;
        }
    }

    /// <summary>What a free fetcher should bring next, or null. A claim that it still holds is given up first.</summary>
    public FillClaim? NextClaim(FillClaim? held = null)
    {
        lock (_gate)
        {
            if (Current is not State.Filling || _plan is null)
            {
                return null;
            }

            if (held is not null)
            {
                _plan.Release(held);
            }

            return _plan.Take(WaitingOffsets());
        }
    }

    /// <summary>A fetcher failed: somebody else may bring the rest of its claim.</summary>
    public void GiveUp(FillClaim claim)
    {
        lock (_gate)
        {
            _plan?.Release(claim);
        }
    }

    /// <summary>How much of a read fits the claim, which may have become shorter since it was taken.</summary>
    public int Fitting(FillClaim claim, int bytes)
    {
        lock (_gate)
        {
            return (int)Math.Min(bytes, claim.End - claim.Position);
        }
    }

    /// <summary>Bytes of a claim stand in the file. False: the claim is done, or the fill is over.</summary>
    public bool Arrived(FillClaim claim, int bytes)
    {
        lock (_gate)
        {
            if (Current is not State.Filling || _plan is null)
            {
                return false;
            }

            var goesOn = _plan.Arrived(claim, bytes);
            WakeServed();
            return goesOn;
        }
    }

    /// <summary>Whether a reader waits where no fetcher will be soon.</summary>
    public bool HasNeglectedReader()
    {
        lock (_gate)
        {
            return Current is State.Filling && WaitingOffsets().Any(_plan!.IsNeglected);
        }
    }

    /// <summary>Every byte is there and the digest is right.</summary>
    public void Verify() => End(State.Verified, null);

    /// <summary>No more bytes will come. Safe to call on a fill that is over.</summary>
    public void Fail(FetchFailure failure) => End(State.Failed, failure);

    private async ValueTask<long> ReadableAsync(long offset, bool seesLast, bool isHash, CancellationToken cancel)
    {
        while (true)
        {
            Waiter waiter;
            lock (_gate)
            {
                var readable = Readable(offset, seesLast);
                var isAtEnd = offset >= Length && (Length > 0 || isHash); // an empty blob, too, is right only when its digest is
                if (readable > 0 || isAtEnd || Current is State.Verified or State.Failed)
                {
                    return readable;
                }

                waiter = new Waiter(offset, seesLast, isHash);
                _waiters.Add(waiter);
                if (!isHash && _plan!.IsNeglected(offset))
                {
                    SignalNeglect();
                }
            }

            try
            {
                await waiter.Task.WaitAsync(cancel);
            }
            catch (OperationCanceledException)
            {
                lock (_gate)
                {
                    _waiters.Remove(waiter);
                }

                throw;
            }
        }
    }

    private long Readable(long offset, bool seesLast)
    {
        if (_plan is null || Failure?.Error is FetchError.DigestMismatch)
        {
            return 0;
        }

        var end = _plan.Present.EndOfRunAt(offset);
        return Math.Max(0, (seesLast || Current is State.Verified ? end : Math.Min(end, Length - 1)) - offset);
    }

    private void End(State end, FetchFailure? failure)
    {
        lock (_gate)
        {
            if (Current is State.Verified or State.Failed)
            {
                return;
            }

            Debug.Assert(end is State.Failed || _plan!.IsWhole, "only a whole blob can be right");
            (Current, Failure) = (end, failure);
            foreach (var waiter in _waiters)
            {
                waiter.TrySetResult();
            }

            _waiters.Clear();
        }

        _opened.TrySetResult();
    }

    /// <summary>Wakes those whose bytes are there, and nobody else: a thousand readers elsewhere sleep on.</summary>
    private void WakeServed()
    {
        var kept = 0;
        for (var i = 0; i < _waiters.Count; i++)
        {
            var waiter = _waiters[i];
            if (Readable(waiter.Offset, waiter.SeesLast) > 0)
            {
                waiter.TrySetResult();
            }
            else
            {
                _waiters[kept++] = waiter;
            }
        }

        _waiters.RemoveRange(kept, _waiters.Count - kept);
    }

    private IEnumerable<long> WaitingOffsets() => _waiters.Where(static w => !w.IsHash).Select(static w => w.Offset);

    private void SignalNeglect()
    {
        _neglect.TrySetResult();
        _neglect = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>One reader that sleeps until its byte is there.</summary>
    private sealed class Waiter(long offset, bool seesLast, bool isHash)
        : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public long Offset => offset;

        public bool SeesLast => seesLast;

        public bool IsHash => isHash;
    }
}
