using FastEcrProxy.Oci;

namespace FastEcrProxy.Server;

/// <summary>Holds a blob's length to what its manifest says: clients refuse a layer of another length, right digest or not.</summary>
internal static class WarmedLength
{
    /// <summary>Null where they agree, or the manifest says nothing.</summary>
    public static FetchFailure? Problem(Descriptor blob, long length) =>
        blob.Size is { } size && size != length
            ? new FetchFailure(
                FetchError.BadAnswer, $"{blob.Digest} has {length} bytes, and the manifest says {size}: the image is broken.")
            : null;
}
