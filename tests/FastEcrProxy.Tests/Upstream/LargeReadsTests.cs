using System.Security.Cryptography;
using CsCheck;
using FastEcrProxy.Upstream;

namespace FastEcrProxy.Tests.Upstream;

public sealed class LargeReadsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public Task ReadsOfAnySize_GiveTheBytesInOrder() => Gen.Select(Gen.Int[0, 300_000], Gen.Int[1, 40_000].Array[1, 8], Gen.Int[1, 200_000])
        .SampleAsync(async (length, sizes, arriving) =>
        {
            var bytes = RandomNumberGenerator.GetBytes(length);
            await using var connection = new LargeReads(new Arriving(bytes, arriving));
            var came = new List<byte>();

            for (var turn = 0; ; turn++)
            {
                var buffer = new byte[sizes[turn % sizes.Length]];
                var count = await connection.ReadAsync(buffer, Cancel);
                if (count == 0)
                {
                    break;
                }

                came.AddRange(buffer.AsSpan(0, count));
            }

            Assert.True(came.ToArray().AsSpan().SequenceEqual(bytes));
            Assert.Equal(0, await connection.ReadAsync(new byte[10], Cancel)); // still at its end
        });

    [Fact]
    public async Task SmallReads_TakeLargePiecesFromTheConnection()
    {
        var inner = new Arriving(new byte[1 << 20], atOnce: 1 << 20);
        await using var connection = new LargeReads(inner);

        for (var read = 0; read < 1 << 20;)
        {
            read += await connection.ReadAsync(new byte[16_000], Cancel);
        }

        Assert.Equal((1 << 20) / (128 << 10), inner.Reads);
    }

    [Fact]
    public async Task ReadOfNothing_WaitsForSomethingWithoutTakingIt()
    {
        var inner = new Arriving([1, 2, 3], atOnce: 3);
        await using var connection = new LargeReads(inner);

        Assert.Equal(0, await connection.ReadAsync(Memory<byte>.Empty, Cancel));
        Assert.Equal(0, inner.Given);

        Assert.Equal(1, await connection.ReadAsync(new byte[1], Cancel));
        Assert.Equal(0, await connection.ReadAsync(Memory<byte>.Empty, Cancel)); // some are at hand: nothing to wait for
        Assert.Equal(2, inner.Reads);
    }

    [Fact]
    public async Task BrokenConnection_IsToldAndCanBeToldAgain()
    {
        await using var connection = new LargeReads(new Arriving([1, 2], atOnce: 2) { BreaksAtEnd = true });
        await connection.ReadExactlyAsync(new byte[2], Cancel);

        await Assert.ThrowsAsync<IOException>(() => connection.ReadExactlyAsync(new byte[1], Cancel).AsTask());
        await Assert.ThrowsAsync<IOException>(() => connection.ReadExactlyAsync(new byte[1], Cancel).AsTask());
    }

    /// <summary>A connection on which bytes arrive so many at once.</summary>
    private sealed class Arriving(byte[] bytes, int atOnce) : MemoryStream
    {
        public bool BreaksAtEnd { get; init; }

        public int Given { get; private set; }

        public int Reads { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await Task.Yield();
            Reads++;
            var count = Math.Min(Math.Min(atOnce, buffer.Length), bytes.Length - Given);
            if (BreaksAtEnd && !buffer.IsEmpty && count == 0)
            {
                throw new IOException("the connection broke");
            }

            bytes.AsSpan(Given, count).CopyTo(buffer.Span);
            Given += count;
            return count;
        }
    }
}
