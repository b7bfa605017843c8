using CsCheck;
using FastEcrProxy.Cache;
using FastEcrProxy.Oci;
using FastEcrProxy.Tests.Cache.Fakes;
using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.Tests.Cache;

/// <summary>Readers who wait where no fetcher will be soon: one fetcher turns to each of them, and the others go on.</summary>
public sealed class NeglectedReadersTests
{
    private const long Segment = FillPlan.SegmentBytes;
    private const int Segments = 80;
    private const int FirstOfReaders = 40; // behind all that the fetchers have claimed
    private const int Rounds = 300; // each a chance to come in between somebody's look and what follows from it

    private static readonly Gen<int[]> Readers = Gen.Int[FirstOfReaders, Segments - 1].ArrayUnique[0, 6];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task FetchersThatLookAtTheSameTime_TurnOneForEachReaderAndNoMore() => await Gen.Select(Gen.Int[1, 4], Readers)
        .SampleAsync(async (fetchers, readers) =>
        {
            using var folder = new TempFolder();
            using var file = File.OpenHandle(Path.Combine(folder.Path, "fill"), FileMode.CreateNew, FileAccess.ReadWrite);
            var rounds = Enumerable.Range(0, Rounds).Select(_ => new Round(file, fetchers, readers)).ToList();

            await LookTogetherAsync(rounds, fetchers);

            Assert.All(rounds, round => round.AssertOneTurnedForEach(readers));
        }, iter: 20, threads: 1);

    /// <summary>All fetchers of a round look at once. Who is early spins, so that they come together to within nanoseconds.</summary>
    private static Task LookTogetherAsync(List<Round> rounds, int fetchers)
    {
        var arrived = 0;
        return Task.WhenAll(Enumerable.Range(0, fetchers).Select(fetcher => Task.Factory.StartNew(
            () =>
            {
                var due = 0;
                foreach (var round in rounds)
                {
                    due += fetchers;
                    Interlocked.Increment(ref arrived);
                    for (var spin = default(SpinWait); Volatile.Read(ref arrived) < due; spin.SpinOnce(sleep1Threshold: -1))
                    {
                    }

                    round.Look(fetcher);
                }
            },
            Cancel,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));
    }

    /// <summary>A fill with fetchers at work from its start on, and readers who wait far behind them.</summary>
    private sealed class Round
    {
        private readonly BlobFill _fill = new(readAheadBytes: long.MaxValue);
        private readonly FillClaim[] _before;
        private readonly FillClaim?[] _turnedTo;

        public Round(SafeFileHandle file, int fetchers, int[] readers)
        {
            _fill.Open(file, Segments * Segment, new PresentRanges());
            _fill.ShareAmong(Math.Max(2, fetchers)); // one alone would have claimed all
            _before = [.. Enumerable.Range(0, fetchers).Select(_ => _fill.NextClaim()!)];
            _turnedTo = new FillClaim?[fetchers];
            Assert.True(_before[^1].End <= FirstOfReaders * Segment);
            foreach (var reader in readers)
            {
                Assert.False(_fill.ReadableAsync(reader * Segment, seesLast: false, Cancel).IsCompleted);
            }
        }

        public void Look(int fetcher) => _turnedTo[fetcher] = _fill.ClaimNeglected(_before[fetcher]);

        public void AssertOneTurnedForEach(int[] readers)
        {
            var places = _turnedTo.OfType<FillClaim>().Select(static claim => claim.Position / Segment).ToList();
            Assert.Equal(Math.Min(_before.Length, readers.Length), places.Count);
            Assert.Equal(places.Count, readers.Count(reader => places.Contains(reader)));
            long end = 0;
            foreach (var claim in _before.Zip(_turnedTo, static (before, now) => now ?? before).OrderBy(static claim => claim.Position))
            {
                Assert.True(claim.Position >= end, $"two fetchers bring byte {claim.Position}");
                end = claim.End;
            }

            _fill.Fail(new FetchFailure(FetchError.CutShort, "made up for a test")); // nobody waits any longer
        }
    }
}
