using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

public sealed class BlobFillTests : IDisposable
{
    private const int Length = 1000;

    private static readonly FetchFailure Unreachable = new(FetchError.Unreachable, "made up for a test");

    private readonly TempFolder _folder = new();
    private readonly BlobFill _fill = new(readAheadBytes: long.MaxValue);
    private FillClaim? _claim;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (_fill.HasFile)
        {
            _fill.File.Dispose();
        }

        _folder.Dispose();
    }

    [Fact]
    public async Task Reader_WaitsUntilItsByteIsThere()
    {
        Open();
        var reader = _fill.ReadableAsync(100, seesLast: false, Cancel).AsTask();

        Arrive(100);
        Assert.False(reader.IsCompleted);
        Arrive(50);

        Assert.Equal(50, await reader);
    }

    [Fact]
    public async Task ReaderOfWhatIsThere_DoesNotWait()
    {
        Open();
        Arrive(100);

        var readable = _fill.ReadableAsync(40, seesLast: false, Cancel);

        Assert.True(readable.IsCompletedSuccessfully);
        Assert.Equal(60, await readable);
    }

    [Fact]
    public async Task OnlyReadersWhoseBytesArrived_AreWoken()
    {
        Open();
        var near = _fill.ReadableAsync(0, seesLast: false, Cancel).AsTask();
        var far = _fill.ReadableAsync(500, seesLast: false, Cancel).AsTask();

        Arrive(500);

        Assert.Equal(500, await near);
        Assert.False(far.IsCompleted);
        Arrive(1);
        Assert.Equal(1, await far);
    }

    [Fact]
    public async Task CancelledReader_LeavesNobodyWaiting()
    {
        Open(length: 3 * FillPlan.SegmentBytes);
        using var client = new CancellationTokenSource();
        var reader = _fill.ReadableAsync(FillPlan.SegmentBytes, seesLast: false, client.Token).AsTask();
        Assert.True(_fill.HasNeglectedReader());

        await client.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reader);
        Assert.False(_fill.HasNeglectedReader());
    }

    [Fact]
    public async Task LastByte_IsWithheldUntilVerified()
    {
        Open();
        Arrive(Length);
        Assert.Equal(Length - 1, await _fill.ReadableAsync(0, seesLast: false, Cancel));
        var last = _fill.ReadableAsync(Length - 1, seesLast: false, Cancel).AsTask();
        Assert.False(last.IsCompleted);

        _fill.Verify();

        Assert.Equal(1, await last);
        Assert.Equal(Length, await _fill.ReadableAsync(0, seesLast: false, Cancel));
    }

    [Fact]
    public async Task LastByte_IsSeenByAPieceAndByTheHash()
    {
        Open();
        Arrive(Length - 1);
        var piece = _fill.ReadableAsync(Length - 1, seesLast: true, Cancel).AsTask();
        var hash = _fill.HashableAsync(Length - 1, Cancel).AsTask();

        Arrive(1);

        Assert.Equal(1, await piece);
        Assert.Equal(1, await hash);
    }

    [Fact]
    public async Task OnlyByte_IsWithheldLikeAnyLast()
    {
        Open(length: 1);
        Arrive(1);
        var reader = _fill.ReadableAsync(0, seesLast: false, Cancel).AsTask();
        Assert.False(reader.IsCompleted);

        _fill.Verify();

        Assert.Equal(1, await reader);
    }

    [Fact]
    public async Task EmptyBlob_IsAnsweredWhenItsDigestIsRight()
    {
        Open(length: 0);
        Assert.Null(_claim);
        Assert.True(_fill.IsWhole);
        Assert.Equal(0, await _fill.HashableAsync(0, Cancel));

        var reading = _fill.ReadableAsync(0, seesLast: false, Cancel).AsTask();
        Assert.False(reading.IsCompleted);

        _fill.Verify();
        Assert.Equal(0, await reading);
        Assert.Null(_fill.Failure);
    }

    [Fact]
    public async Task EmptyBodyForABlobThatIsNot_IsAFailureAndNoAnswer()
    {
        Open(length: 0);

        var reading = _fill.ReadableAsync(0, seesLast: true, Cancel).AsTask();
        _fill.Fail(new FetchFailure(FetchError.DigestMismatch, "wrong"));

        Assert.Equal(0, await reading);
        Assert.NotNull(_fill.Failure);
    }

    [Fact]
    public async Task OffsetAtOrPastTheEnd_HasNothing()
    {
        Open();

        Assert.Equal(0, await _fill.ReadableAsync(Length, seesLast: true, Cancel));
        Assert.Equal(0, await _fill.ReadableAsync(long.MaxValue, seesLast: true, Cancel));
    }

    [Fact]
    public async Task Failure_WakesEverybodyAndLeavesWhatArrived()
    {
        Open();
        Arrive(300);
        var readers = Enumerable.Range(300, 50).Select(at => _fill.ReadableAsync(at, seesLast: false, Cancel).AsTask()).ToArray();

        _fill.Fail(Unreachable);

        Assert.All(await Task.WhenAll(readers), static readable => Assert.Equal(0, readable));
        Assert.Equal(Unreachable, _fill.Failure);
        Assert.Equal(300, await _fill.ReadableAsync(0, seesLast: false, Cancel));
    }

    [Fact]
    public async Task FailureBeforeOpening_OpensForThoseWhoWait()
    {
        _fill.Fail(Unreachable);

        await _fill.Opened.WaitAsync(Cancel);
        Assert.Equal(0, await _fill.ReadableAsync(0, seesLast: true, Cancel));
        Assert.False(_fill.HasFile);
    }

    [Fact]
    public async Task Mismatch_GivesNothingMore()
    {
        Open();
        Arrive(Length);

        _fill.Fail(new FetchFailure(FetchError.DigestMismatch, "made up for a test"));

        Assert.Equal(0, await _fill.ReadableAsync(0, seesLast: false, Cancel));
        Assert.Equal(0, await _fill.ReadableAsync(0, seesLast: true, Cancel));
    }

    [Fact]
    public void FillThatIsOver_StaysAsItEnded()
    {
        Open();
        Arrive(Length);
        _fill.Verify();

        _fill.Fail(Unreachable);

        Assert.Equal(BlobFill.State.Verified, _fill.Current);
        Assert.Null(_fill.Failure);
    }

    [Fact]
    public void FillThatIsOver_WantsNoMoreBytes()
    {
        Open();

        _fill.Fail(Unreachable);

        Assert.False(_fill.Arrived(_claim!, 1));
        Assert.Null(_fill.NextClaim(_claim));
        Assert.Null(_fill.ClaimAt(0));
    }

    [Fact]
    public async Task ReaderFarFromEveryFetcher_SignalsNeglect()
    {
        Open(length: 3 * FillPlan.SegmentBytes);
        var neglected = _fill.Neglected;
        _ = _fill.ReadableAsync(1, seesLast: false, Cancel).AsTask();
        Assert.False(neglected.IsCompleted);

        _ = _fill.ReadableAsync(2 * FillPlan.SegmentBytes, seesLast: false, Cancel).AsTask();

        await neglected.WaitAsync(Cancel);
        Assert.False(_fill.Neglected.IsCompleted);
        Assert.Equal(2 * FillPlan.SegmentBytes, _fill.NextClaim()!.Position);
    }

    [Fact]
    public async Task HashFarBehind_IsNoReasonToFetchSooner()
    {
        Open(length: 3 * FillPlan.SegmentBytes);
        var neglected = _fill.Neglected;

        _ = _fill.HashableAsync(2 * FillPlan.SegmentBytes, Cancel).AsTask();

        Assert.False(neglected.IsCompleted);
        Assert.False(_fill.HasNeglectedReader());
        _fill.Fail(Unreachable);
        await _fill.Opened;
    }

    [Fact]
    public async Task ThousandReaders_AllGetEveryByte()
    {
        Open(length: 100_000);
        var readers = Enumerable.Range(0, 1000).Select(reader => Task.Run(() => CountAsync(start: reader), Cancel)).ToArray();

        await Task.Run(ArriveToTheEnd, Cancel);

        _fill.Verify();
        Assert.Equal(Enumerable.Range(0, 1000).Select(static start => 100_000L - start), await Task.WhenAll(readers));
    }

    private async Task<long> CountAsync(long start)
    {
        var offset = start;
        while (await _fill.ReadableAsync(offset, seesLast: false, Cancel) is > 0 and var ready)
        {
            offset += ready;
        }

        return offset - start;
    }

    /// <summary>Opens with one fetcher that has claimed all of it.</summary>
    private void Open(long length = Length)
    {
        var file = File.OpenHandle(Path.Combine(_folder.Path, "fill"), FileMode.CreateNew, FileAccess.ReadWrite);
        _fill.Open(file, length, new PresentRanges());
        _claim = _fill.NextClaim();
    }

    private void ArriveToTheEnd()
    {
        while (Arrive(137))
        {
        }
    }

    private bool Arrive(int bytes) => _fill.Arrived(_claim!, (int)Math.Min(bytes, _fill.LeftOf(_claim!)));
}
