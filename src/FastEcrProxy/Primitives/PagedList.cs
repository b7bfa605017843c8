namespace FastEcrProxy.Primitives;

/// <summary>A list that grows page by page: no item is copied when it grows, and no more than a page of it stands empty.</summary>
internal sealed class PagedList<T>
    where T : struct
{
    private const int PageBits = 10; // 1024 items: 64 KB of the largest that are kept so, small enough to be no large object
    private const int PageLength = 1 << PageBits;

    private T[]?[] _pages = [];

    public int Count { get; private set; }

    /// <summary>One item in its place. It stays there, so what refers to it by number or by reference goes on doing so.</summary>
    public ref T this[int at] => ref _pages[at >> PageBits]![at & (PageLength - 1)];

    /// <summary>Adds an item at the end and says its number.</summary>
    public int Add(T item)
    {
        var page = Count >> PageBits;
        if (page == _pages.Length)
        {
            Array.Resize(ref _pages, Math.Max(1, 2 * page)); // of the pages' addresses only
        }

        _pages[page] ??= new T[PageLength];
        this[Count] = item;
        return Count++;
    }
}
