using System.Globalization;

namespace FastEcrProxy.Primitives;

/// <summary>The runtime's own threads that wait for sockets, and how they share the cores with those that do the work.</summary>
internal static class SocketThreads
{
    private const string Name = ".NET Sockets"; // dotnet/runtime, SocketAsyncEngine.Unix.cs
    private const string ThreadsOfThisProcess = "/proc/self/task";

    /// <summary>
    /// Keeps them from interrupting a thread that answers a request as soon as the next one comes: under load events then gather
    /// and are taken together (docs/adr/0005-socket-events.md). Call it when the first socket is open.
    /// </summary>
    /// <returns>How many there are; zero where the runtime calls them something else, and nothing is changed.</returns>
    public static int LetOthersFinish()
    {
        if (!Libc.IsThere)
        {
            return 0;
        }

        try
        {
            return Directory.EnumerateDirectories(ThreadsOfThisProcess).Count(TryCalm);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0; // no /proc here
        }
    }

    private static bool TryCalm(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd() == Name
                && int.TryParse(Path.GetFileName(thread), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && Libc.TryMakeBatch(id);
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }
}
