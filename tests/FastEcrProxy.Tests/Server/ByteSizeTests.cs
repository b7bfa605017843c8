using CsCheck;
using FastEcrProxy.Server;

namespace FastEcrProxy.Tests.Server;

public sealed class ByteSizeTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("4096", 4096)]
    [InlineData("512B", 512)]
    [InlineData("1k", 1L << 10)]
    [InlineData("500M", 500L << 20)]
    [InlineData("75g", 75L << 30)]
    [InlineData("2T", 2L << 40)]
    [InlineData("1KiB", 1L << 10)]
    [InlineData("100GiB", 100L << 30)]
    [InlineData("100Gi", 100L << 30)]
    [InlineData("100gib", 100L << 30)]
    [InlineData("1KB", 1000)]
    [InlineData("1MB", 1_000_000)]
    [InlineData("1gb", 1_000_000_000)]
    [InlineData("1TB", 1_000_000_000_000)]
    [InlineData("1.5k", 1536)]
    [InlineData(" 100 GiB ", 100L << 30)]
    public void WhatPeopleWrite_IsThatManyBytes(string text, long bytes)
    {
        var read = ByteSize.TryParse(text, out var parsed);

        Assert.True(read);
        Assert.Equal(bytes, parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GiB")]
    [InlineData("100 potatoes")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("1,5g")]
    [InlineData("1e3")]
    [InlineData("0x10")]
    [InlineData("100GiBB")]
    [InlineData("8388608T")] // 2^63
    [InlineData("9223372036854775808")]
    [InlineData("99999999999999999999999999999999999999")]
    public void WhatIsNoSize_IsRefused(string text) => Assert.False(ByteSize.TryParse(text, out _));

    [Fact]
    public void LargestSize_IsRead()
    {
        var read = ByteSize.TryParse("9223372036854775807", out var bytes);

        Assert.True(read);
        Assert.Equal(long.MaxValue, bytes);
    }

    [Fact]
    public void FormattedSize_IsReadBack() => Gen.Long[0, long.MaxValue].Sample(bytes =>
    {
        var read = ByteSize.TryParse(ByteSize.Format(bytes), out var parsed);

        return read && parsed == bytes;
    });

    [Fact]
    public void RoundSize_IsWrittenShort() => Assert.Equal(
        ["0", "1025", "1536MiB", "100GiB", "3TiB"],
        new[] { 0, 1025, 1536L << 20, 100L << 30, 3L << 40 }.Select(ByteSize.Format));

    [Fact]
    public void AnyText_IsReadOrRefusedWithoutThrowing() => Gen.String.Sample(text =>
    {
        var read = ByteSize.TryParse(text, out var bytes);

        return bytes >= 0 && (read || bytes == 0);
    });
}
