using System.Collections.Concurrent;
using System.Security.Cryptography;

namespace FastEcrProxy.LocalEcr;

/// <summary>The bytes of one blob, readable at any offset; made once and put into as many repositories as wanted.</summary>
public abstract class LayerContent
{
    private const int HashBlock = 1 << 20;

    private static readonly ConcurrentDictionary<(long Length, int Seed), string> KnownDigests = new();

    private protected LayerContent(long length) => Length = length;

    public long Length { get; }

    /// <summary><c>sha256:…</c> of the bytes.</summary>
    public string Digest { get; private protected init; } = "";

    /// <summary>Content held in memory.</summary>
    public static LayerContent FromBytes(ReadOnlyMemory<byte> bytes) => new MemoryContent(bytes);

    /// <summary>
    /// Pseudo-random content that needs no memory, the same for the same length and seed. Every 64 KiB differ, so
    /// misplaced pieces change the digest. Reads all of it once, for the digest.
    /// </summary>
    public static LayerContent Generate(long length, int seed = 1)
    {
        var unnamed = new GeneratedContent(length, seed, "");
        var digest = KnownDigests.GetOrAdd((length, seed), static (_, content) => content.Hash(), unnamed);
        return new GeneratedContent(length, seed, digest);
    }

    /// <summary>Content of a file, which must stay as it is. Reads all of it once, for the digest.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static LayerContent FromFile(string path) => new FileContent(path);

    /// <summary>Whether its bytes can be read; otherwise it has only its length and its name.</summary>
    internal virtual bool IsKept => true;

    /// <summary>Fills all of <paramref name="into"/> with the bytes that start at <paramref name="offset"/>.</summary>
    internal abstract void Read(long offset, Span<byte> into);

    private protected string Hash()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var block = new byte[HashBlock];
        for (var offset = 0L; offset < Length; offset += block.Length)
        {
            var piece = block.AsSpan(0, (int)Math.Min(block.Length, Length - offset));
            Read(offset, piece);
            sha.AppendData(piece);
        }

        return "sha256:" + Convert.ToHexStringLower(sha.GetHashAndReset());
    }

    /// <summary>Bytes at hand.</summary>
    private sealed class MemoryContent : LayerContent
    {
        private readonly ReadOnlyMemory<byte> _bytes;

        public MemoryContent(ReadOnlyMemory<byte> bytes)
            : base(bytes.Length)
        {
            _bytes = bytes;
            Digest = Hash();
        }

        internal override void Read(long offset, Span<byte> into) => _bytes.Span.Slice((int)offset, into.Length).CopyTo(into);
    }
}
