namespace FastEcrProxy.Primitives;

/// <summary>Small files that are there whole or not at all, whatever dies in between and however many write at once.</summary>
/// <remarks>
/// Nothing is flushed to the device: after a power cut a file may be empty, so its reader checks what it reads.
/// </remarks>
internal static class AtomicFile
{
    /// <summary>How a file ends that was being written when the process died. It may be removed when nobody writes.</summary>
    public const string LeftoverSuffix = ".tmp";

    /// <summary>Replaces the file's content; makes missing directories. The last of several writers wins.</summary>
    /// <exception cref="IOException">The disk failed or is full; what was there before is still there.</exception>
    /// <exception cref="UnauthorizedAccessException">The directory may not be written to.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);

        // Beside the target, because a rename is atomic only within one filesystem.
        var aside = $"{path}.{Path.GetRandomFileName()}{LeftoverSuffix}";
        try
        {
            using (var file = PlainFile.Create(aside))
            {
                RandomAccess.Write(file, content, fileOffset: 0);
            }

            File.Move(aside, path, overwrite: true);
        }
        catch
        {
            TryDelete(aside);
            throw;
        }
    }

    private static void TryDelete(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The first failure is the one to report; a leftover is harmless.
        }
    }
}
