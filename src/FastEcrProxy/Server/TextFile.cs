namespace FastEcrProxy.Server;

/// <summary>Reads a file that a person named, and says in words why it cannot be read.</summary>
internal static class TextFile
{
    private const long BytesMax = 4 << 20; // every CA bundle is smaller; a disk image given by mistake is not

    public static (string? Text, string? Problem) Read(string path)
    {
        try
        {
            return new FileInfo(path).Length > BytesMax
                ? (null, "too large to be what is needed here")
                : (File.ReadAllText(path), null);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return (null, Directory.Exists(path) ? "is a directory; name the file" : "there is no such file");
        }
        catch (UnauthorizedAccessException)
        {
            return (null, $"may not be read by user {Environment.UserName}; check its owner and mode");
        }
        catch (IOException error)
        {
            return (null, "cannot be read: " + error.Message);
        }
    }
}
