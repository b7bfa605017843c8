using System.Buffers.Binary;

namespace FastEcrProxy.LocalEcr;

/// <summary>One random block repeated, each time with its number at its front: as fast as a copy, and nowhere the same.</summary>
internal sealed class GeneratedContent : LayerContent
{
    private const int BlockBytes = 64 << 10;

    private readonly byte[] _block = new byte[BlockBytes];
    private readonly long _mark;

    public GeneratedContent(long length, int seed, string digest)
        : base(length)
    {
        Digest = digest;
        new Random(seed).NextBytes(_block);
        _mark = BinaryPrimitives.ReadInt64LittleEndian(_block);
    }

    internal override void Read(long offset, Span<byte> into)
    {
        Span<byte> front = stackalloc byte[sizeof(long)];
        while (!into.IsEmpty)
        {
            var (number, inBlock) = Math.DivRem(offset, BlockBytes);
            var piece = into[..(int)Math.Min(into.Length, BlockBytes - inBlock)];
            _block.AsSpan((int)inBlock, piece.Length).CopyTo(piece);
            if (inBlock < front.Length)
            {
                BinaryPrimitives.WriteInt64LittleEndian(front, _mark ^ number);
                var numbered = front[(int)inBlock..];
                numbered[..Math.Min(numbered.Length, piece.Length)].CopyTo(piece);
            }

            offset += piece.Length;
            into = into[piece.Length..];
        }
    }
}
