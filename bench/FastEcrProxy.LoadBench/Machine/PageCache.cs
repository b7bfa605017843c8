namespace FastEcrProxy.LoadBench.Machine;

/// <summary>Which parts of files are in memory, and how to have none of them there.</summary>
internal static unsafe class PageCache
{
    private const int PageBytes = 4096;
    private const double StillThere = 0.02; // of the pages: more were mapped or dirty, and a "cold" read would be a lie

    /// <summary>Writes a file out and drops its pages.</summary>
    /// <exception cref="BenchFailure">The kernel keeps them.</exception>
    public static void Drop(string path)
    {
        using var file = File.OpenHandle(path);
        Libc.Flush(file);
        Libc.Advise(file, 0, 0, Libc.AdviceDontNeed);
        var share = Residency(path);
        if (share > StillThere)
        {
            throw new BenchFailure($"The page cache keeps {share:P0} of {path}: nothing cold can be measured on this file system.");
        }
    }

    /// <summary>The share of a file's pages that is in memory.</summary>
    public static double Residency(string path)
    {
        using var file = File.OpenHandle(path);
        var length = (nuint)RandomAccess.GetLength(file);
        var pages = new byte[((long)length + PageBytes - 1) / PageBytes];
        if (pages.Length == 0)
        {
            return 0;
        }

        var map = Libc.Map(0, length, Libc.ProtectRead, Libc.MapShared, file, 0);
        if ((nint)map == -1)
        {
            throw new BenchFailure($"{path} cannot be mapped to see which of its pages are in memory.");
        }

        fixed (byte* states = pages)
        {
            Libc.InCore(map, length, states);
        }

        Libc.Unmap(map, length);
        return (double)pages.Count(static page => (page & 1) != 0) / pages.Length;
    }
}
