using FastEcrProxy.Http;

namespace FastEcrProxy.Tests.Http;

public sealed class ByteRangesFuzzTests
{
    private static readonly string[] Headers =
    [
        "bytes=0-0",
        "bytes=100-",
        "bytes=-500",
        "bytes=0-99, 200-299,-1",
        "bytes=9223372036854775806-9223372036854775807",
        "bytes=00000000000000000000000000000000000001-2",
        "bytes=18446744073709551616-",
        "BYTES = 5-1",
        "bytes=,,1-2,",
        "items=0-4",
        "bytes=0-,0-,0-,0-,0-",
    ];

    [Fact]
    public void Ranges_LieInsideTheBlob_OrAreRefused()
    {
        var resolvedCount = 0;

        AlmostRight.Texts(Headers, 20_000, header =>
        {
            var error = ByteRanges.TryParse(header, out var ranges);

            Assert.True(error is null || (error.Status == 400 && ranges is null));
            foreach (var total in ranges is null ? [] : (long[])[0, 1, 100, 250, long.MaxValue])
            {
                var refusal = ranges!.TryResolve(total, out var resolved);

                Assert.Contains(refusal?.Status ?? 200, (int[])[200, 400, 416]);
                Assert.True(refusal is not null || resolved.Count > 0);
                Assert.InRange(resolved.Count, 0, 256);
                Assert.All(resolved, range => Assert.True(
                    range.Offset >= 0 && range.Length > 0 && range.End > range.Offset && range.End <= total, $"{range} of {total}"));
                resolvedCount += refusal is null ? 1 : 0;
            }
        });

        Assert.InRange(resolvedCount, 2_000, 95_000);
    }
}
