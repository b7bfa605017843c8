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
/// <param name="readAheadBytes">How much is still fetched when its last reader has left; then it fails as unwanted.</param>
internal sealed class BlobFill(long readAheadBytes)
{
    // Hashing less at a time costs more wake-ups than it gains: the hash is needed at the end only.
    private const long HashBytesLeast = 1 << 20;

    private static readonly FetchFailure Unwanted = new(
        FetchError.Unwanted, "Everybody who wanted this blob has left; what has arrived of it is kept.");

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FillWaiters _waiters = new();
    private FillPlan? _plan;
    private int _readers;
    private long? _presentWhenLeft; // bytes that were there when the last reader left; null while there is one, or the first is to come
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
    public Task Neglected => Read(_ => _neglect.Task);

    /// <summary>Whether every byte is there, right or wrong.</summary>
    public bool IsWhole => Read(static plan => plan?.IsWhole ?? false);

    /// <summary>Bytes that an earlier fill had left; known once opened.</summary>
    public long KeptBytes { get; private set; }

    /// <summary>Whether somebody reads it now.</summary>
    public bool IsRead => Volatile.Read(ref _readers) > 0;

    /// <summary>Whether anybody ever did: what was fetched ahead and fails is nobody's bad news.</summary>
    public bool WasRead { get; private set; }

    /// <summary>How many bytes are there.</summary>
    public long PresentBytes => Read(static plan => plan?.Present.Bytes ?? 0);

    /// <summary>A snapshot of what is there, to be resumed from later.</summary>
    public (long Start, long End)[] Present => Read(static plan => plan?.Present.Ranges.ToArray() ?? []);

    /// <summary>One more reads it. False: it has failed, and its bad news is for those who were there.</summary>
    public bool TryAddReader()
    {
        lock (_gate)
        {
            if (Current is State.Failed)
            {
                return false;
            }

            _readers++;
            _presentWhenLeft = null;
            WasRead = true;
            return true;
        }
    }

    /// <summary>Nobody has asked for it: from the start it is as one whose last reader has left.</summary>
    public void FetchAhead() => Read(_ => _presentWhenLeft = _readers > 0 ? null : KeptBytes);

    public void RemoveReader()
    {
        lock (_gate)
        {
            if (--_readers == 0)
            {
                _presentWhenLeft = _plan?.Present.Bytes ?? 0;
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
            KeptBytes = present.Bytes;
            _presentWhenLeft = _presentWhenLeft is null ? null : KeptBytes; // whoever left so early had been waiting for this
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

            return _plan.Take(_waiters.Offsets);
        }
    }

    /// <summary>
    /// What a reader waits for where no fetcher will be soon, or null where there is no such reader. Only then a claim that the
    /// fetcher still holds is given up: of several that look at the same time one takes it, and the others go on.
    /// </summary>
    public FillClaim? ClaimNeglected(FillClaim? held = null)
    {
        lock (_gate)
        {
            if (FirstNeglected() is not { } offset)
            {
                return null;
            }

            if (held is not null)
            {
                _plan!.Release(held);
            }

            return _plan!.Take([offset]);
        }
    }

    /// <summary>From now on so many fetchers share the work.</summary>
    public void ShareAmong(int fetchers)
    {
        lock (_gate)
        {
            _plan?.ShareAmong(fetchers);
        }
    }

    /// <summary>A look at how the fetchers get on: see <see cref="FillPlan.Look"/>.</summary>
    public void Look()
    {
        lock (_gate)
        {
            _plan?.Look();
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

    /// <summary>How many bytes the claim still wants: it may have become shorter since it was taken.</summary>
    public long LeftOf(FillClaim claim)
    {
        lock (_gate)
        {
            return claim.Left;
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
            _waiters.Wake(IsServed);
            if (_presentWhenLeft is { } before && !_plan.IsWhole && _plan.Present.Bytes - before >= readAheadBytes)
            {
                Fail(Unwanted);
            }

            return goesOn;
        }
    }

    /// <summary>Whether a reader waits where no fetcher will be soon.</summary>
    public bool HasNeglectedReader()
    {
        lock (_gate)
        {
            return FirstNeglected() is not null;
        }
    }

    /// <summary>Every byte is there and the digest is right.</summary>
    public void Verify() => End(State.Verified, null);

    /// <summary>No more bytes will come. Safe to call on a fill that is over.</summary>
    public void Fail(FetchFailure failure) => End(State.Failed, failure);

    private T Read<T>(Func<FillPlan?, T> look)
    {
        lock (_gate)
        {
            return look(_plan);
        }
    }

    private long? FirstNeglected() => Current is State.Filling
        ? _waiters.Offsets.Where(_plan!.IsNeglected).Select(static offset => (long?)offset).FirstOrDefault()
        : null;

    private async ValueTask<long> ReadableAsync(long offset, bool seesLast, bool isHash, CancellationToken cancel)
    {
        while (true)
        {
            FillWaiters.Waiter waiter;
            lock (_gate)
            {
                var readable = Readable(offset, seesLast);
                var isAtEnd = offset >= Length && (Length > 0 || isHash); // an empty blob, too, is right only when its digest is
                if (IsEnough(readable, isHash) || isAtEnd || Current is State.Verified or State.Failed)
                {
                    return readable;
                }

                waiter = _waiters.Add(offset, seesLast, isHash);
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
            _waiters.Wake(static _ => true);
        }

        _opened.TrySetResult();
    }

    private bool IsServed(FillWaiters.Waiter waiter) => IsEnough(Readable(waiter.Offset, waiter.SeesLast), waiter.IsHash);

    private bool IsEnough(long readable, bool isHash) =>
        readable >= HashBytesLeast || (readable > 0 && (!isHash || _plan!.IsWhole));

    private void SignalNeglect()
    {
        _neglect.TrySetResult();
        _neglect = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
