using System.Globalization;

namespace FastEcrProxy.Primitives;

/// <summary>The pages of the program's own file, most of which only the start has a use for.</summary>
/// <remarks>
/// Reading settings, building hosts and setting up the AWS SDK touch nearly all of the program once. What was touched counts as
/// this process's memory until the system is short of some.
/// </remarks>
internal static class ProgramPages
{
    private const string MappingsOfThisProcess = "/proc/self/smaps"; // proc_pid_smaps(5)
    private const string OwnPages = "Anonymous:"; // pages that are no longer the file's
    private const string None = "0 kB";

    /// <summary>Lets go of all of them. Those that are needed after all come back from the page cache, sixteen at a time.</summary>
    /// <returns>Bytes of the program that nothing is held of now; zero where there is no /proc, and nothing is changed.</returns>
    public static long LetGo()
    {
        if (!Libc.IsThere || Environment.ProcessPath is not { } program)
        {
            return 0;
        }

        try
        {
            return LetGo(File.ReadLines(MappingsOfThisProcess), program);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return 0; // no /proc here
        }
    }

    private static long LetGo(IEnumerable<string> lines, string program)
    {
        long bytes = 0;
        (nint Begin, nint Length)? readOnly = null;
        var isFound = false;
        foreach (var line in lines)
        {
            if (IsMapping(line))
            {
                var isOfProgram = line.EndsWith(program, StringComparison.Ordinal);
                if (isFound && !isOfProgram)
                {
                    break; // they lie next to each other, and there are hundreds of others
                }

                isFound = isOfProgram;
                readOnly = isOfProgram ? ReadOnly(line) : null;
            }
            else if (readOnly is var (begin, length) && line.StartsWith(OwnPages, StringComparison.Ordinal)
                && line.EndsWith($" {None}", StringComparison.Ordinal) && Libc.TryLetGo(begin, length))
            {
                bytes += length;
            }
        }

        return bytes;
    }

    /// <summary>Begins with an address; what is told of it follows as words with colons.</summary>
    private static bool IsMapping(string line) => line.IndexOf('-', StringComparison.Ordinal) is > 0 and var dash
        && long.TryParse(line.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out _);

    /// <summary>Null where the program may write: constants that the loader has put addresses into are no longer the file's.</summary>
    private static (nint Begin, nint Length)? ReadOnly(string mapping)
    {
        var words = mapping.Split(' ', 3);
        if (words is not [var range, ['r', '-', ..], _])
        {
            return null;
        }

        var dash = range.IndexOf('-', StringComparison.Ordinal);
        var begin = nint.Parse(range.AsSpan(0, dash), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        var end = nint.Parse(range.AsSpan(dash + 1), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return (begin, end - begin);
    }
}
