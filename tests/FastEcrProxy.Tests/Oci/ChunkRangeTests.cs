using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Oci;

public sealed class ChunkRangeTests
{
    [Theory]
    [InlineData("0-1023", 0, 1023)]
    [InlineData("1024-1024", 1024, 1024)]
    [InlineData(" 0-1 ", 0, 1)]
    [InlineData("bytes 0-1023/*", 0, 1023)]
    [InlineData("bytes 0-1023/5000", 0, 1023)]
    [InlineData("bytes=0-1023", 0, 1023)]
    [InlineData("Bytes 5-6", 5, 6)]
    public void Range_IsReadAsClientsAndRegistriesWriteIt(string text, long first, long last)
    {
        Assert.True(ChunkRange.TryParse(text, out var range));
        Assert.Equal((first, last, last - first + 1), (range.First, range.Last, range.Length));
    }

    [Theory]
    [InlineData("")]
    [InlineData("-")]
    [InlineData("0-")]
    [InlineData("-1023")]
    [InlineData("1-0")]
    [InlineData("0")]
    [InlineData("a-b")]
    [InlineData("+0-1")]
    [InlineData("0 - 1")]
    [InlineData("0-1-2")]
    [InlineData("bytes")]
    [InlineData("bytes0-1")]
    [InlineData("lines 0-1")]
    [InlineData("0-9223372036854775807")]
    [InlineData("0-99999999999999999999")]
    public void OtherText_IsNone(string text) => Assert.False(ChunkRange.TryParse(text, out _));

    [Theory]
    [InlineData(0, "0-0")]
    [InlineData(1, "0-0")]
    [InlineData(1024, "0-1023")]
    public void Answer_SaysHowMuchThereIs(long bytes, string range) => Assert.Equal(range, ChunkRange.OfReceived(bytes));
}
