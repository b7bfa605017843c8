namespace FastEcrProxy.Upstream;

/// <summary>What a registry says about a blob without sending it.</summary>
/// <param name="Length">In bytes.</param>
internal sealed record BlobHead(long Length);
