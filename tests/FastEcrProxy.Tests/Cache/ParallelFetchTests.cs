using CsCheck;
using FastEcrProxy.Cache;
using FastEcrProxy.Observability;
using FastEcrProxy.Oci;
using FastEcrProxy.Primitives;
using FastEcrProxy.Tests.Cache.Fakes;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Tests.Cache;

/// <summary>
/// Several fetchers on one fill, whatever upstream does to each of them and in whatever order their bytes come: every reader
/// gets exact bytes, as many as there are.
/// </summary>
public sealed class ParallelFetchTests
{
    private const int MiB = 1 << 20;
    private const int Segment = (int)FillPlan.SegmentBytes;

    private static readonly SampleBlob Blob = new((3 * Segment) + 12_345);

    private static readonly Gen<int[]> Faults = Gen.Int[0, 9].Array[0, 12];
    private static readonly Gen<(int Start, int ReadBytes)[]> Readers = Gen.Select(Gen.Int[0, Blob.Length], Gen.Int[1, MiB]).Array[1, 6];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AnyOrderAnyFailuresAnyReaders_GiveExactBytesOrAFailure() => await Gen.Select(
        Gen.Int[1, 6], Faults, Readers, Gen.Int[0, 1000])
        .SampleAsync(async (fetchers, faults, readers, seed) =>
        {
            using var folder = new TempFolder();
            using var measures = new CacheMeasures();
            var fill = new BlobFill(readAheadBytes: long.MaxValue);
            using var file = File.OpenHandle(Path.Combine(folder.Path, "fill"), FileMode.CreateNew, FileAccess.ReadWrite);
            fill.Open(file, Blob.Length, new PresentRanges());
            var upstream = new FakeUpstream(Blob, faults.Select(fault => AnswerOf(fault, seed))) { Otherwise = Answers.InPieces(seed) };
            var reading = readers.Select(reader => ReadAsync(fill, reader.Start, reader.ReadBytes)).ToList();

            await FetchAsync(fill, upstream, fetchers, measures);

            if (fill.IsWhole)
            {
                fill.Verify();
            }
            else
            {
                fill.Fail(new FetchFailure(FetchError.CutShort, "made up for a test"));
            }

            var read = await Task.WhenAll(reading);
            Assert.All(readers.Zip(read), pair =>
            {
                Assert.True(Blob.Bytes.AsSpan(pair.First.Start).StartsWith(pair.Second), $"wrong bytes behind {pair.First.Start}");
                Assert.True(!fill.IsWhole || pair.Second.Length == Blob.Length - pair.First.Start, "fewer bytes than there are");
            });
            Assert.Equal(fill.PresentBytes, fill.Present.Sum(static run => run.End - run.Start));
            Assert.All(fill.Present, run => AssertOnDisk(file, run.Start, run.End));
        }, iter: 40, threads: 1);

    [Fact]
    public async Task UpstreamThatIsWell_IsAskedForEveryByteOnceInPiecesThatFit()
    {
        using var folder = new TempFolder();
        using var measures = new CacheMeasures();
        var fill = new BlobFill(readAheadBytes: long.MaxValue);
        using var file = File.OpenHandle(Path.Combine(folder.Path, "fill"), FileMode.CreateNew, FileAccess.ReadWrite);
        fill.Open(file, Blob.Length, new PresentRanges());
        var upstream = new FakeUpstream(Blob);

        await FetchAsync(fill, upstream, fetchers: 4, measures);

        Assert.True(fill.IsWhole);
        Assert.Equal(Blob.Length, measures.UpstreamBytes);
        Assert.Equal(
            [(0, Segment), (Segment, 2 * Segment), (2 * Segment, 3 * Segment), (3 * Segment, null)],
            upstream.Asked.Order());
    }

    private static async Task FetchAsync(BlobFill fill, FakeUpstream upstream, int fetchers, CacheMeasures measures)
    {
        fill.ShareAmong(fetchers);
        var memory = new FetchMemory();
        var working = Enumerable.Range(0, fetchers).Select(i =>
        {
            var clock = new ImpatientClock();
            var fetcher = new Fetcher(
                fill, upstream.Open, isPatient: i == 0, static () => true, static _ => { }, memory, new Disk(clock), clock,
                measures.Metrics);
            var claim = fill.NextClaim();
            return claim is null ? Task.CompletedTask : Task.Run(() => fetcher.RunAsync(claim, null, Cancel), Cancel);
        }).ToList();
        await Task.WhenAll(working);
        Assert.Equal(0, memory.Taken);
    }

    private static Answer AnswerOf(int fault, int seed) => fault switch
    {
        0 => Answers.Fails(FetchError.Unreachable),
        1 => Answers.Fails(FetchError.Refused),
        2 => Answers.Fails(FetchError.Throttled),
        3 => Answers.CutAt(seed * 20_000L),
        4 => Answers.BrokenAt(seed * 20_000L),
        5 => Answers.WrongLength,
        _ => Answers.InPieces(seed + fault),
    };

    private static async Task<byte[]> ReadAsync(BlobFill fill, int start, int readBytes)
    {
        Assert.True(fill.TryAddReader());
        await Task.Yield();
        using var reader = new FillReader(fill, CacheOutcome.Joined, fill.RemoveReader);
        return await Reading.FromAsync(reader, start, Blob.Length, readBytes);
    }

    private static void AssertOnDisk(SafeFileHandle file, long start, long end)
    {
        var bytes = new byte[end - start];
        Assert.Equal(bytes.Length, RandomAccess.Read(file, bytes, start));
        Assert.True(Blob.Bytes.AsSpan((int)start, bytes.Length).SequenceEqual(bytes), $"what is said to be there behind {start} is not");
    }
}
