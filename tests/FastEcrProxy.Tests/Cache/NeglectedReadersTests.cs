using CsCheck;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;

namespace FastEcrProxy.Tests.Cache;

/// <summary>Readers who wait where no fetcher will be soon: one fetcher turns to each of them, and the others go on.</summary>
public sealed class NeglectedReadersTests
{
    private const long Segment = FillPlan.SegmentBytes;
    private const int Segments = 80;
    private const int FirstOfReaders = 40; // behind all that the fetchers have claimed

    private static readonly Gen<int[]> Readers = Gen.Int[FirstOfReaders, Segments - 1].ArrayUnique[0, 12];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FetchersThatLookAtTheSameTime_TurnOneForEachReaderAndNoMore() => await Gen.Select(Gen.Int[1, 8], Readers)
        .SampleAsync(async (fetchers, readers) =>
        {
            using var folder = new TempFolder();
            using var file = File.OpenHandle(Path.Combine(folder.Path, "fill"), FileMode.CreateNew, FileAccess.ReadWrite);
            var fill = new BlobFill(readAheadBytes: long.MaxValue);
            fill.Open(file, Segments * Segment, new PresentRanges());
            fill.ShareAmong(Math.Max(2, fetchers)); // one alone would have claimed all
            var claims = Enumerable.Range(0, fetchers).Select(_ => fill.NextClaim()!).ToArray();
            Assert.True(claims.Max(static claim => claim.End) <= FirstOfReaders * Segment);
            var waiting = readers.Select(reader => fill.ReadableAsync(reader * Segment, seesLast: false, Cancel).AsTask()).ToList();

            var turned = await AllAtOnceAsync(claims, claim => fill.ClaimNeglected(claim));

            var places = turned.OfType<FillClaim>().Select(static claim => claim.Position).ToList();
            Assert.Equal(places.Count, places.Intersect(readers.Select(static reader => reader * Segment)).Count());
            Assert.Equal(Math.Min(fetchers, readers.Length), places.Count);
            AssertApart([.. claims.Zip(turned, static (before, now) => now ?? before)]);
            fill.Fail(new FetchFailure(FetchError.CutShort, "made up for a test"));
            await Task.WhenAll(waiting);
        }, iter: 200, threads: 1);

    private static async Task<FillClaim?[]> AllAtOnceAsync(FillClaim[] claims, Func<FillClaim, FillClaim?> look)
    {
        using var together = new Barrier(claims.Length);
        return await Task.WhenAll(claims.Select(claim => Task.Factory.StartNew(
            () =>
            {
                together.SignalAndWait(Cancel);
                return look(claim);
            },
            Cancel,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }

    private static void AssertApart(IReadOnlyList<FillClaim> claims)
    {
        long before = 0;
        foreach (var claim in claims.OrderBy(static claim => claim.Position))
        {
            Assert.True(claim.Position >= before, $"two fetchers bring byte {claim.Position}");
            before = claim.End;
        }
    }
}
