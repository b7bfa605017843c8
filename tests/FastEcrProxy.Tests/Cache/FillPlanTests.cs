using CsCheck;
using FastEcrProxy.Cache;

namespace FastEcrProxy.Tests.Cache;

public sealed class FillPlanTests
{
    private const long Segment = FillPlan.SegmentBytes;
    private const int Units = 60; // the plan is played in eighths of a segment, so that "far" is eight of them
    private const long UnitBytes = Segment / 8;
    private const long Length = Units * UnitBytes;

    private static readonly Gen<(int Start, int End)[]> Kept = Gen.Select(Gen.Int[0, Units], Gen.Int[0, Units]).Array[0, 4];

    /// <summary>Kind of step, and a number that says which claim or offset it is about.</summary>
    private static readonly Gen<(int Kind, int Number)[]> Steps = Gen.Select(Gen.Int[0, 8], Gen.Int[0, Units - 1]).Array[0, 80];

    [Fact]
    public void ClaimsOfAnyPlay_NeverOverlapAndNeverCoverWhatIsThere() => Gen.Select(Kept, Steps).Sample((kept, steps) =>
        Play(kept, steps, static (plan, claims) =>
        {
            long before = 0;
            foreach (var claim in claims.Where(static claim => claim.Left > 0).OrderBy(static claim => claim.Position))
            {
                Assert.True(claim.Position >= before, $"two claims on byte {claim.Position}");
                Assert.Equal(claim.End, Math.Min(claim.End, plan.Present.StartOfRunAfter(claim.Position, Length)));
                before = claim.End;
            }

            Assert.InRange(before, 0, Length);
        }));

    [Fact]
    public void ClaimsTakenToTheLast_CoverEveryAbsentByte() => Gen.Select(Kept, Steps).Sample((kept, steps) =>
    {
        var (plan, claims) = Play(kept, steps, static (_, _) => { });

        while (plan.Take([]) is { } claim)
        {
            claims.Add(claim);
        }

        Assert.Equal(Length, plan.Present.Bytes + claims.Sum(static claim => claim.Left));
    });

    [Fact]
    public void FetchersThatWorkOn_MakeItWhole() => Gen.Select(Kept, Steps).Sample((kept, steps) =>
    {
        var (plan, claims) = Play(kept, steps, static (_, _) => { });

        foreach (var claim in claims)
        {
            plan.Release(claim);
        }

        while (plan.Take([]) is { } claim)
        {
            while (plan.Arrived(claim, (int)UnitBytes))
            {
            }

            plan.Release(claim);
        }

        Assert.True(plan.IsWhole);
    });

    [Fact]
    public void SeveralFetchers_ShareItInStretchesFromTheLowestOn()
    {
        var plan = new FillPlan(Length, new PresentRanges());
        var first = plan.Take([])!;
        plan.Arrived(first, 100);

        plan.ShareAmong(3);
        var second = plan.Take([])!;
        var third = plan.Take([])!;

        Assert.Equal((100, 100 + Segment), (first.Position, first.End));
        Assert.Equal((first.End, first.End + Segment), (second.Position, second.End));
        Assert.Equal(second.End, third.Position);
    }

    [Theory]
    [InlineData(2, 256)]
    [InlineData(8, 4096)]
    [InlineData(8, 10)]
    public void Stretches_AreLongWhileMuchIsLeftAndShortAtTheEnd(int fetchers, int segments)
    {
        var plan = new FillPlan(segments * Segment, new PresentRanges());
        plan.ShareAmong(fetchers);

        var stretches = new List<long>();
        while (plan.Take([]) is { } claim)
        {
            stretches.Add(claim.Left);
            plan.Arrived(claim, (int)claim.Left);
            plan.Release(claim);
        }

        Assert.Equal(segments * Segment, stretches.Sum());
        Assert.Equal(stretches.OrderDescending(), stretches);
        Assert.All(stretches.SkipLast(1), static stretch => Assert.InRange(stretch, Segment, 4 * Segment));
    }

    [Fact]
    public void FetcherWithNothingToDo_HelpsTheSlowest()
    {
        var (plan, slow, fast) = TwoFetchers();
        plan.Arrived(fast, (int)Segment / 2);
        plan.Arrived(slow, 1000);
        StandStill(plan, looks: 10);
        plan.Arrived(fast, (int)fast.Left);
        plan.Release(fast);

        var help = plan.Take([])!;

        Assert.Equal(slow.End, help.Position);
        Assert.Equal((1000, Segment), (slow.Position, help.End));
        Assert.InRange(slow.Left - help.Left, -1, 1);
    }

    [Fact]
    public void FetcherThatHasNothingYetForAMoment_IsNotHelped()
    {
        var (plan, _, fast) = TwoFetchers();
        StandStill(plan, looks: 3); // its request may not even be answered
        plan.Arrived(fast, (int)fast.Left);
        plan.Release(fast);

        Assert.Null(plan.Take([]));
    }

    [Fact]
    public void FetcherThatIsNearlyThrough_IsNotHelped()
    {
        var (plan, first, second) = TwoFetchers();
        plan.Arrived(first, (int)(first.Left / 2));
        plan.Look();
        plan.Arrived(second, (int)second.Left);
        plan.Release(second);

        Assert.Null(plan.Take([]));
    }

    [Fact]
    public void FetcherThatStandsStill_IsReplacedByOneThatHasNothingToDo()
    {
        var (plan, stuck, other) = TwoFetchers();
        plan.Arrived(stuck, 5000);
        StandStill(plan, looks: 101);
        plan.Arrived(other, (int)other.Left);
        plan.Release(other);

        var replacement = plan.Take([])!;

        Assert.Equal((5000, Segment), (replacement.Position, replacement.End));
        Assert.Equal(0, stuck.Left);
        Assert.False(plan.Arrived(stuck, 0)); // what came at last is not counted twice
    }

    [Fact]
    public void ReaderBehindAFetcherThatStandsStill_IsNeglected()
    {
        var plan = new FillPlan(Length, new PresentRanges());
        var stuck = plan.Take([0])!;
        plan.Arrived(stuck, 5000);
        StandStill(plan, looks: 100);
        Assert.False(plan.IsNeglected(5000));

        StandStill(plan, looks: 1);

        Assert.True(plan.IsNeglected(5000));
        Assert.Equal(5000, plan.Take([5000])!.Position);
    }

    [Fact]
    public void BytesBehindAnEndThatCameNearer_AreLeftToWhoTookThem()
    {
        var plan = new FillPlan(Length, new PresentRanges());
        var first = plan.Take([])!;
        plan.Take([Segment]);

        Assert.False(plan.Arrived(first, (int)Segment + 1000));

        Assert.Equal(Segment, plan.Present.Bytes);
    }

    [Fact]
    public void NeglectedReader_IsServedBeforeTheLowestByte()
    {
        var plan = new FillPlan(Length, new PresentRanges());

        var claim = plan.Take([5 * Segment]);

        Assert.Equal((5 * Segment, Length), (claim!.Position, claim.End));
    }

    [Fact]
    public void OldestNeglectedReader_IsServedFirst()
    {
        var plan = new FillPlan(Length, new PresentRanges());
        plan.Take([0]);

        var claim = plan.Take([1, 6 * Segment, 3 * Segment]);

        Assert.Equal(6 * Segment, claim!.Position);
    }

    [Fact]
    public void ReaderFarAheadOfAFetcher_SplitsItsClaim()
    {
        var plan = new FillPlan(Length, new PresentRanges());
        var first = plan.Take([])!;

        var second = plan.Take([Segment])!;

        Assert.Equal((0, Segment), (first.Position, first.End));
        Assert.Equal((Segment, Length), (second.Position, second.End));
        Assert.Null(plan.Take([Segment, 0]));
    }

    [Fact]
    public void ReaderJustBeforeAFetcher_IsNotNeglected()
    {
        var plan = new FillPlan(Length, new PresentRanges());
        plan.Take([]);

        Assert.False(plan.IsNeglected(Segment - 1));
        Assert.True(plan.IsNeglected(Segment));
    }

    [Fact]
    public void ReaderOfWhatIsThereOrPastTheEnd_IsNotNeglected()
    {
        var present = new PresentRanges();
        present.Add(Segment, 2 * Segment);
        var plan = new FillPlan(Length, present);

        Assert.False(plan.IsNeglected(Segment));
        Assert.False(plan.IsNeglected((2 * Segment) - 1));
        Assert.True(plan.IsNeglected(2 * Segment));
        Assert.False(plan.IsNeglected(Length));
    }

    [Fact]
    public void ClaimGivenUp_IsTakenBySomebodyElse()
    {
        var plan = new FillPlan(Length, new PresentRanges());
        var claim = plan.Take([])!;
        plan.Arrived(claim, 100);

        plan.Release(claim);

        var next = plan.Take([])!;
        Assert.Equal((100, Length), (next.Position, next.End));
    }

    [Fact]
    public void EmptyBlob_IsWholeAndNeedsNobody()
    {
        var plan = new FillPlan(0, new PresentRanges());

        Assert.True(plan.IsWhole);
        Assert.Null(plan.Take([0]));
    }

    /// <summary>Two fetchers and one segment left for each, the first and the last.</summary>
    private static (FillPlan Plan, FillClaim First, FillClaim Last) TwoFetchers()
    {
        var present = new PresentRanges();
        present.Add(Segment, Length - Segment);
        var plan = new FillPlan(Length, present);
        plan.ShareAmong(2);
        return (plan, plan.Take([])!, plan.Take([])!);
    }

    private static void StandStill(FillPlan plan, int looks)
    {
        for (var i = 0; i < looks; i++)
        {
            plan.Look();
        }
    }

    private static (FillPlan Plan, List<FillClaim> Claims) Play(
        (int Start, int End)[] kept, (int Kind, int Number)[] steps, Action<FillPlan, List<FillClaim>> check)
    {
        var present = new PresentRanges();
        foreach (var (start, end) in kept)
        {
            present.Add(start * UnitBytes, end * UnitBytes);
        }

        var plan = new FillPlan(Length, present);
        var claims = new List<FillClaim>();
        foreach (var (kind, number) in steps)
        {
            if (kind == 0 && plan.Take([number * UnitBytes]) is { } taken)
            {
                claims.Add(taken);
            }
            else if (kind == 5)
            {
                plan.ShareAmong(1 + (number % 9));
            }
            else if (kind > 5)
            {
                StandStill(plan, looks: number * 3);
            }
            else if (kind > 0 && claims.Count > 0)
            {
                Move(plan, claims, claims[number % claims.Count], isGivenUp: kind == 1 && number % 4 == 0);
            }

            check(plan, claims);
        }

        return (plan, claims);
    }

    private static void Move(FillPlan plan, List<FillClaim> claims, FillClaim claim, bool isGivenUp)
    {
        if (isGivenUp || !plan.Arrived(claim, (int)UnitBytes))
        {
            plan.Release(claim);
            claims.Remove(claim);
        }
    }
}
