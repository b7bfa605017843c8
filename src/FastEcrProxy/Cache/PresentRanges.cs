namespace FastEcrProxy.Cache;

/// <summary>Which bytes of a blob are there: a set of ranges [start, end), sorted, never touching each other.</summary>
/// <remarks>Not safe for several threads: <see cref="BlobFill"/> guards it.</remarks>
internal sealed class PresentRanges
{
    private readonly List<(long Start, long End)> _ranges = [];

    /// <summary>How many bytes are there in all.</summary>
    public long Bytes { get; private set; }

    public IReadOnlyList<(long Start, long End)> Ranges => _ranges;

    /// <summary>Adds [start, end). What was there already stays and counts once.</summary>
    public void Add(long start, long end)
    {
        if (start >= end)
        {
            return;
        }

        var first = FirstEndingAtOrAfter(start);
        var past = first;
        while (past < _ranges.Count && _ranges[past].Start <= end)
        {
            start = Math.Min(start, _ranges[past].Start);
            end = Math.Max(end, _ranges[past].End);
            Bytes -= _ranges[past].End - _ranges[past].Start;
            past++;
        }

        Bytes += end - start;
        if (past == first)
        {
            _ranges.Insert(first, (start, end));
            return;
        }

        _ranges[first] = (start, end);
        _ranges.RemoveRange(first + 1, past - first - 1);
    }

    /// <summary>
    /// Where the bytes that are there in a row from <paramref name="offset"/> on end; the offset itself where none are.
    /// </summary>
    public long EndOfRunAt(long offset)
    {
        var index = FirstEndingAtOrAfter(offset + 1);
        return index < _ranges.Count && _ranges[index].Start <= offset ? _ranges[index].End : offset;
    }

    /// <summary>
    /// Where the next bytes that are there begin, at or after <paramref name="offset"/>; <paramref name="length"/> where
    /// none do.
    /// </summary>
    public long StartOfRunAfter(long offset, long length)
    {
        var index = FirstEndingAtOrAfter(offset + 1);
        return index < _ranges.Count ? Math.Max(offset, _ranges[index].Start) : length;
    }

    /// <summary>The first range whose end is at or after an offset, by halving.</summary>
    private int FirstEndingAtOrAfter(long offset)
    {
        var (low, high) = (0, _ranges.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_ranges[middle].End < offset)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
