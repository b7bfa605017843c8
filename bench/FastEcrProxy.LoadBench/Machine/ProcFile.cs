namespace FastEcrProxy.LoadBench.Machine;

/// <summary>Reads the kernel's tables of names and numbers.</summary>
internal static class ProcFile
{
    /// <summary>The number behind a name, as in <c>VmHWM:  1234 kB</c>; zero where the file or the line is not there.</summary>
    public static long KilobytesIn(string path, string name)
    {
        var line = Lines(path).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is null
            ? 0
            : long.Parse(line[name.Length..].Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[0]);
    }

    /// <summary>Empty where the process has gone.</summary>
    public static string[] Lines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
