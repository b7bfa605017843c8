using FastEcrProxy.Primitives;

namespace FastEcrProxy.Cache;

/// <summary>Finds at start what is on disk and in which order it was used. Hits are served meanwhile.</summary>
internal static class StartScan
{
    // Nobody takes this long to write a manifest: what is older was left by a process that died.
    private static readonly TimeSpan LeftoverAge = TimeSpan.FromHours(1);

    /// <summary>Fills the index. Files that are no content under their own digest's name are left alone.</summary>
    public static void Run(string contents, ContentIndex index, TimeProvider time, CancellationToken cancel)
    {
        var found = new PagedList<ContentFiles.Found>();
        using (var files = new ContentFiles(contents, time.GetUtcNow() - LeftoverAge))
        {
            while (files.MoveNext())
            {
                cancel.ThrowIfCancellationRequested();
                found.Add(files.Current);
            }
        }

        foreach (var at in NewestFirst(found)) // each next one is older than all before
        {
            ref var file = ref found[at];
            index.AddOldest(file.Key, file.Size, new DateTimeOffset(file.LastUsedTicks, TimeSpan.Zero));
        }
    }

    /// <summary>Their numbers by last use: twelve bytes each are sorted, and what was found stays where it is.</summary>
    private static int[] NewestFirst(PagedList<ContentFiles.Found> found)
    {
        var (ages, numbers) = (new long[found.Count], new int[found.Count]);
        for (var i = 0; i < numbers.Length; i++)
        {
            (ages[i], numbers[i]) = (-found[i].LastUsedTicks, i);
        }

        Array.Sort(ages, numbers);
        return numbers;
    }
}
