using CsCheck;
using FastEcrProxy.Cache;

namespace FastEcrProxy.Tests.Cache;

public sealed class PresentRangesTests
{
    private const int Length = 40; // short, so that additions touch, overlap and swallow each other often

    private static readonly Gen<(int Start, int End)[]> Additions =
        Gen.Select(Gen.Int[0, Length], Gen.Int[0, Length]).Array[0, 12];

    [Fact]
    public void AnyAdditions_AreRememberedByteForByte() => Additions.Sample(additions =>
    {
        var (ranges, model) = Build(additions);

        Assert.Equal(model.Count(static there => there), ranges.Bytes);
        Assert.Equal(
            model, Enumerable.Range(0, Length).Select(offset => ranges.Ranges.Any(r => r.Start <= offset && offset < r.End)));
    });

    [Fact]
    public void AnyAdditions_LeaveSortedRangesThatDoNotTouch() => Additions.Sample(additions =>
    {
        var (ranges, _) = Build(additions);

        Assert.All(ranges.Ranges, static range => Assert.True(range.Start < range.End));
        Assert.All(ranges.Ranges.Zip(ranges.Ranges.Skip(1)), static pair => Assert.True(pair.First.End < pair.Second.Start));
    });

    [Fact]
    public void EndOfRunAt_IsTheFirstAbsentByteFromThere() => Additions.Sample(additions =>
    {
        var (ranges, model) = Build(additions);

        for (var offset = 0; offset < Length; offset++)
        {
            var absent = Array.IndexOf(model, false, offset);
            Assert.Equal(absent < 0 ? Length : absent, ranges.EndOfRunAt(offset));
        }

        Assert.Equal(Length, ranges.EndOfRunAt(Length));
    });

    [Fact]
    public void StartOfRunAfter_IsTheFirstPresentByteFromThere() => Additions.Sample(additions =>
    {
        var (ranges, model) = Build(additions);

        for (var offset = 0; offset < Length; offset++)
        {
            var present = Array.IndexOf(model, true, offset);
            Assert.Equal(present < 0 ? Length : present, ranges.StartOfRunAfter(offset, Length));
        }
    });

    [Fact]
    public void OrderOfAdditions_MakesNoDifference() => Additions.Sample(additions =>
    {
        var (forwards, _) = Build(additions);
        var (backwards, _) = Build([.. additions.Reverse()]);

        Assert.Equal(forwards.Ranges, backwards.Ranges);
        Assert.Equal(forwards.Bytes, backwards.Bytes);
    });

    private static (PresentRanges Ranges, bool[] Model) Build((int Start, int End)[] additions)
    {
        var (ranges, model) = (new PresentRanges(), new bool[Length]);
        foreach (var (start, end) in additions)
        {
            ranges.Add(start, end);
            Array.Fill(model, true, start, Math.Max(0, end - start));
        }

        return (ranges, model);
    }
}
