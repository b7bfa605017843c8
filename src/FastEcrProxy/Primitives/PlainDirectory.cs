namespace FastEcrProxy.Primitives;

/// <summary>Directories below one that is the proxy's own: for its owner alone, and never a link to somewhere else.</summary>
internal static class PlainDirectory
{
    public const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Makes what is missing between the two. A link on the way is removed, whatever it leads to.</summary>
    /// <param name="root">Is there.</param>
    /// <param name="path">Below it.</param>
    /// <param name="removed">Told of each link.</param>
    /// <exception cref="IOException">The disk refuses.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be made.</exception>
    public static void Make(string root, string path, Action<string>? removed = null)
    {
        for (var at = root.Length + 1; at > 0 && at < path.Length; at++)
        {
            at = path.IndexOf(Path.DirectorySeparatorChar, at);
            at = at < 0 ? path.Length : at;
            var part = path[..at];
            if (IsLink(part))
            {
                File.Delete(part);
                removed?.Invoke(part);
            }

            Directory.CreateDirectory(part, OwnerOnly);
        }
    }

    public static bool IsLink(string path) => new FileInfo(path).LinkTarget is not null;
}
