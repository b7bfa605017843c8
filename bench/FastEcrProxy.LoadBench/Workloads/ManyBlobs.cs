using System.Security.Cryptography;

namespace FastEcrProxy.LoadBench.Workloads;

/// <summary>
/// Very many small blobs, made once: making them takes long, and removing them longer. They are moved into a cache for as
/// long as they are needed there.
/// </summary>
internal sealed class ManyBlobs : IDisposable
{
    private readonly string _kept;
    private readonly string _inCache;
    private readonly List<string> _guests = [];

    /// <param name="stock">Where they are kept.</param>
    /// <param name="blobs">How many.</param>
    /// <param name="cacheDirectory">Of a proxy that is stopped; docs/cache-on-disk.md says where blobs stand in it.</param>
    public ManyBlobs(Stock stock, int blobs, string cacheDirectory)
    {
        _kept = Path.Combine(stock.Folder, $"blobs-{blobs}");
        _inCache = Path.Combine(cacheDirectory, "blobs", "sha256");
        for (var i = 0; i < blobs; i++)
        {
            Make(i);
        }

        var own = _inCache + ".own";
        Directory.Move(_inCache, own);
        Directory.Move(_kept, _inCache);
        foreach (var file in Directory.EnumerateFiles(own, "*", SearchOption.AllDirectories))
        {
            var guest = Path.Combine(_inCache, Path.GetRelativePath(own, file));
            Directory.CreateDirectory(Path.GetDirectoryName(guest)!);
            File.Move(file, guest);
            _guests.Add(guest);
        }
    }

    /// <summary>Puts them back.</summary>
    public void Dispose()
    {
        _guests.ForEach(File.Delete);
        Directory.Move(_inCache, _kept);
    }

    private void Make(int number)
    {
        var name = Convert.ToHexStringLower(SHA256.HashData(BitConverter.GetBytes(number)));
        var path = Path.Combine(_kept, name[..2], name);
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, name[..32]);
        }
    }
}
