using CsCheck;
using FastEcrProxy.Http;
using FastEcrProxy.Oci;
using Microsoft.Extensions.Primitives;

namespace FastEcrProxy.Tests.Http;

public sealed class ByteRangesTests
{
    // Parts of range headers, right and wrong, so that every rule is met often.
    private static readonly Gen<string> Nearly = Gen.OneOf(
            Gen.Const("bytes"), Gen.Const("="), Gen.Const("-"), Gen.Const(","), Gen.Const(" "), Gen.Const("\t"), Gen.Const("x"),
            Gen.Const("99999999999999999999"), Gen.Int[0, 40].Select(number => number.ToString(null as IFormatProvider)))
        .Array[0, 12]
        .Select(string.Concat);

    private static readonly Gen<string> Spec = Gen.OneOf(
        Gen.Select(Gen.Long[0, 50], Gen.Long[0, 50], (a, b) => $"{a}-{b}"),
        Gen.Long[0, 50].Select(a => $"{a}-"),
        Gen.Long[0, 50].Select(n => $"-{n}"));

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=2-5", 2, 4)]
    [InlineData("bytes=7-", 7, 3)]
    [InlineData("bytes=-3", 7, 3)]
    [InlineData("bytes=-50", 0, 10)]
    [InlineData("bytes=8-50", 8, 2)]
    [InlineData("BYTES=8-99999999999999999999", 8, 2)]
    [InlineData(" bytes= 1-2 ,", 1, 2)]
    [InlineData("bytes=1-2,50-60", 1, 2)]
    public void OneRange_IsCutToTheBlob(string header, long offset, long length)
    {
        Assert.Null(ByteRanges.TryParse(header, out var ranges));

        Assert.Null(ranges!.TryResolve(10, out var resolved));
        Assert.Equal([new ByteRange(offset, length)], resolved);
    }

    [Theory]
    [InlineData("bytes=0-1, 4-5,-2")]
    [InlineData("bytes=0-1,,4-5,\t-2")]
    public void SeveralRanges_KeepTheirOrder(string header)
    {
        Assert.Null(ByteRanges.TryParse(header, out var ranges));

        Assert.Null(ranges!.TryResolve(10, out var resolved));
        Assert.Equal([new ByteRange(0, 2), new ByteRange(4, 2), new ByteRange(8, 2)], resolved);
    }

    [Theory]
    [InlineData("bytes=5-2")]
    [InlineData("bytes=10-")]
    [InlineData("bytes=10-12")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=99999999999999999999-")]
    [InlineData("bytes=5-2,10-11")]
    public void NothingInsideTheBlob_Is416(string header)
    {
        Assert.Null(ByteRanges.TryParse(header, out var ranges));

        Assert.Equal((416, "RANGE_INVALID"), Shown(ranges!.TryResolve(10, out _)));
    }

    [Theory]
    [InlineData("bytes=0-")]
    [InlineData("bytes=-1")]
    public void EmptyBlob_HasNoRanges(string header)
    {
        Assert.Null(ByteRanges.TryParse(header, out var ranges));

        Assert.Equal((416, "RANGE_INVALID"), Shown(ranges!.TryResolve(0, out _)));
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("bytes=")]
    [InlineData("bytes=,")]
    [InlineData("bytes=-")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=1-2-3")]
    [InlineData("bytes=1")]
    [InlineData("bytes=+1-2")]
    [InlineData("bytes=1 - 2")]
    [InlineData("=1-2")]
    [InlineData("")]
    public void Malformed_Is400(string header) => Assert.Equal((400, "RANGE_INVALID"), Shown(ByteRanges.TryParse(header, out _)));

    [Fact]
    public void TwoHeaders_Are400() =>
        Assert.Equal((400, "RANGE_INVALID"), Shown(ByteRanges.TryParse(new StringValues(["bytes=0-1", "bytes=2-3"]), out _)));

    [Theory]
    [InlineData("items=0-1")]
    [InlineData("bytes =0-1")]
    public void UnknownUnit_MeansTheWhole(string header)
    {
        Assert.Null(ByteRanges.TryParse(header, out var ranges));

        Assert.Null(ranges);
    }

    [Fact]
    public void NoHeader_MeansTheWhole()
    {
        Assert.Null(ByteRanges.TryParse(default, out var ranges));

        Assert.Null(ranges);
    }

    [Theory]
    [InlineData(256, true)]
    [InlineData(257, false)]
    public void CountOfRanges_IsBounded(int count, bool taken)
    {
        var header = "bytes=" + string.Join(',', Enumerable.Range(0, count).Select(i => $"{i}-{i}"));

        Assert.Equal(taken, ByteRanges.TryParse(header, out _) is null);
    }

    [Theory]
    [InlineData("bytes=0-9,0-9", null)]
    [InlineData("bytes=0-9,0-9,0-0", 400)]
    public void RangesThatAddUpToMoreThanTwice_Are400(string header, int? status)
    {
        Assert.Null(ByteRanges.TryParse(header, out var ranges));

        Assert.Equal(status, ranges!.TryResolve(10, out _)?.Status);
    }

    [Theory]
    [InlineData("bytes=5-,1-2", 5, false)]
    [InlineData("bytes=-5", -1, true)]
    [InlineData("bytes=3-4,7-8", 3, true)]
    public void WhatIsKnownWithoutTheLength_IsTold(string header, long firstOffset, bool nameTheirEnds)
    {
        Assert.Null(ByteRanges.TryParse(header, out var ranges));

        Assert.Equal(firstOffset, ranges!.FirstOffset);
        Assert.Equal(nameTheirEnds, ranges.NameTheirEnds);
    }

    [Fact]
    public void WhateverIsTaken_LiesInsideTheBlob() =>
        Gen.Select(Spec.Array[1, 6], Gen.Long[0, 60]).Sample((specs, totalBytes) =>
        {
            Assert.Null(ByteRanges.TryParse("bytes=" + string.Join(", ", specs), out var ranges));
            if (ranges!.TryResolve(totalBytes, out var resolved) is null)
            {
                Assert.NotEmpty(resolved);
                Assert.All(resolved, range => Assert.True(range is { Offset: >= 0, Length: > 0 } && range.End <= totalBytes));
            }
        });

    [Fact]
    public void AnyText_IsTakenOrRefusedAndNeverThrows() =>
        Gen.Select(Nearly, Gen.Long[0, 50]).Sample((text, totalBytes) =>
        {
            var error = ByteRanges.TryParse(text, out var ranges) ?? ranges?.TryResolve(totalBytes, out _);
            Assert.True(error is null or { Status: 400 or 416, Code: "RANGE_INVALID" });
        });

    private static (int Status, string Code)? Shown(OciError? error) => error is null ? null : (error.Status, error.Code);
}
