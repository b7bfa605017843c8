using CsCheck;
using FastEcrProxy.Cache;

namespace FastEcrProxy.Tests.Cache;

public sealed class FetchMemoryTests
{
    private const int MiB = 1 << 20;
    private const long Layer = 1L << 30;

    private readonly FetchMemory _memory = new();

    [Fact]
    public void FewFills_HaveWhatTheyWant() => Assert.All(Take(33, MiB, Layer), static size => Assert.Equal(MiB, size));

    [Theory]
    [InlineData(200, 65)]
    [InlineData(1000, 115)]
    public void ManyFills_HaveLessEachAndLittleTogether(int fills, int mebibytes)
    {
        var sizes = Take(fills, MiB, Layer);

        Assert.Equal(sizes.OrderDescending(), sizes);
        Assert.Equal(FetchMemory.LeastBytes, sizes[^1]);
        Assert.Equal(sizes.Sum(static size => (long)size), _memory.Taken);
        Assert.InRange(_memory.Taken, 0, (long)mebibytes * MiB);
    }

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3000, 4096)]
    [InlineData(700_000, MiB)]
    [InlineData(5_000_000_000, MiB)]
    public void SmallBlob_HasASmallBuffer(long length, int bytes) => Assert.Equal([bytes], Take(1, MiB, length));

    [Fact]
    public void WhatIsGivenBack_IsForTheNext()
    {
        var many = Enumerable.Range(0, 500).Select(_ => _memory.Take(MiB, Layer)).ToList();

        many.ForEach(static buffer => buffer.Dispose());

        Assert.Equal(0, _memory.Taken);
        Assert.Equal([MiB], Take(1, MiB, Layer));
    }

    [Fact]
    public void AnyComingAndGoing_StaysWithinTheBoundAndLeavesNobodyWithout() => Gen.Select(
        Gen.Int[0, 3], Gen.Int[16, 20], Gen.Long[1, Layer]).Array[0, 600]
        .Sample(static steps =>
        {
            var memory = new FetchMemory();
            var held = new List<(FetchBuffer Buffer, int Size)>();
            foreach (var (kind, wanted, length) in steps)
            {
                if (kind == 0 && held.Count > 0)
                {
                    held[0].Buffer.Dispose();
                    held.RemoveAt(0);
                    continue;
                }

                var buffer = memory.Take(1 << wanted, length);
                held.Add((buffer, buffer.Room.Length));
                Assert.InRange(buffer.Room.Length, Math.Min(Math.Min(1 << wanted, length), FetchMemory.LeastBytes), 1 << wanted);
                Assert.Equal(held.Sum(static one => (long)one.Size), memory.Taken);
                Assert.InRange(memory.Taken, 0, FetchMemory.TotalBytes + (held.Count * (long)FetchMemory.LeastBytes));
            }

            held.ForEach(static one => one.Buffer.Dispose());
            Assert.Equal(0, memory.Taken);
        }, iter: 50);

    private int[] Take(int count, int wanted, long length) =>
        [.. Enumerable.Range(0, count).Select(_ => _memory.Take(wanted, length).Room.Length)];
}
