namespace FastEcrProxy.LocalEcr;

/// <summary>A pushed blob whose bytes were hashed and counted, and not kept: it is there, and cannot be pulled.</summary>
internal sealed class DroppedContent : LayerContent
{
    public DroppedContent(long length, string digest)
        : base(length) => Digest = digest;

    internal override bool IsKept => false;

    internal override void Read(long offset, Span<byte> into) =>
        throw new NotSupportedException($"{Digest} was larger than LocalEcrOptions.UploadKeptBytesMax: its bytes are not kept.");
}
