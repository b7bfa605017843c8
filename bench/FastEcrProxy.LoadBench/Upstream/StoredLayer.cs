using Microsoft.Win32.SafeHandles;

namespace FastEcrProxy.LoadBench.Upstream;

/// <summary>A layer as the store has it: an open file.</summary>
/// <param name="File">Stays as it is.</param>
/// <param name="Length">Of the file.</param>
/// <param name="EntityTag">With its quotes; not made of the whole digest, as at ECR.</param>
internal sealed record StoredLayer(SafeFileHandle File, long Length, string EntityTag) : IDisposable
{
    public static StoredLayer Open(string path, string digest)
    {
        var file = System.IO.File.OpenHandle(path);
        return new StoredLayer(file, RandomAccess.GetLength(file), $"\"{digest.AsSpan(^32)}-1\"");
    }

    public void Dispose() => File.Dispose();
}
