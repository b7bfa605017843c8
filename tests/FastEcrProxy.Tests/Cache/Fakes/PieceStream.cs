namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>Another body in pieces of chance lengths; now and then the next one is a moment in coming.</summary>
internal sealed class PieceStream(Stream inner, int seed) : ReadOnlyStream
{
    private const int LongestPiece = 700_000;

    private readonly Random _chance = new(seed);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_chance.Next(3) == 0)
        {
            await Task.Yield();
            cancellationToken.ThrowIfCancellationRequested();
        }

        return await inner.ReadAsync(buffer[..Math.Min(buffer.Length, _chance.Next(1, LongestPiece))], cancellationToken);
    }
}
