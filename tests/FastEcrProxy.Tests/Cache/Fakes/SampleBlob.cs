using FastEcrProxy.Oci;

namespace FastEcrProxy.Tests.Cache.Fakes;

/// <summary>A blob made up from a seed: always the same bytes, no two places alike.</summary>
internal sealed class SampleBlob
{
    public SampleBlob(int length, int seed = 1)
    {
        Bytes = new byte[length];
        new Random(seed).NextBytes(Bytes);
        Digest = Digest.Of(Bytes);
    }

    private SampleBlob(byte[] bytes, Digest digest) => (Bytes, Digest) = (bytes, digest);

    public byte[] Bytes { get; }

    public Digest Digest { get; }

    public int Length => Bytes.Length;

    /// <summary>Other bytes of the same length under the same name, as a broken registry would send them.</summary>
    public SampleBlob Wrong()
    {
        var wrong = (byte[])Bytes.Clone();
        wrong[wrong.Length / 2] ^= 1;
        return new SampleBlob(wrong, Digest);
    }

    /// <summary>The same name for one byte less, as a registry that lies about the length.</summary>
    public SampleBlob Shorter() => new(Bytes[..^1], Digest);
}
