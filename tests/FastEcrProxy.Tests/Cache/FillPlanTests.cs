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
    private static readonly Gen<(int Kind, int Number)[]> Steps = Gen.Select(Gen.Int[0, 2], Gen.Int[0, Units - 1]).Array[0, 60];

    [Fact]
    public void ClaimsOfAnyPlay_NeverOverlapAndNeverCoverWhatIsThere() => Gen.Select(Kept, Steps).Sample((kept, steps) =>
        Play(kept, steps, static (plan, claims) =>
        {
            var claimed = new int[Units];
            foreach (var claim in claims)
            {
                for (var unit = claim.Position / UnitBytes; unit < claim.End / UnitBytes; unit++)
                {
                    claimed[unit]++;
                    Assert.Equal(unit * UnitBytes, plan.Present.EndOfRunAt(unit * UnitBytes));
                }
            }

            Assert.All(claimed, static times => Assert.InRange(times, 0, 1));
        }));

    [Fact]
    public void ClaimsTakenToTheLast_CoverEveryAbsentByte() => Gen.Select(Kept, Steps).Sample((kept, steps) =>
    {
        var (plan, claims) = Play(kept, steps, static (_, _) => { });

        while (plan.Take([]) is { } claim)
        {
            claims.Add(claim);
        }

        Assert.Equal(Length, plan.Present.Bytes + claims.Sum(static claim => claim.End - claim.Position));
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
