namespace FastEcrProxy.LoadBench.Machine;

/// <summary>
/// Takes memory from the host before a server needs it for its files: in a virtual machine that gives free memory back, new
/// pages cost up to seconds a gigabyte, at random, and that would be measured instead of the server.
/// </summary>
/// <remarks>
/// Only free blocks of 2 MiB are given back to the host, and files that are written in large pieces get their pages from just
/// these. So huge pages are asked for here: small ones come from blocks that are broken already, and would warm the wrong
/// memory. Measured: the first touch of huge pages 1 to 3 s/GiB, the second 0.09; small pages 0.4 every time.
/// </remarks>
internal static unsafe class FreshMemory
{
    private const int BlockBytes = 2 << 20; // a huge page, and what the host is given back
    private const int PageBytes = 4096; // each is touched: where huge pages are off, one touch is one of these
    private const int PieceBytes = 64 << 20; // in pieces: what does not fit is left, nothing is killed for it
    private const int MapBytes = PieceBytes + BlockBytes; // room for a piece to begin where a block does
    private const double OfAvailableMax = 0.6;

    public static void Touch(long bytes)
    {
        var wanted = (long)Math.Min(bytes, AvailableBytes() * OfAvailableMax);
        var maps = new List<nint>();
        for (var touched = 0L; touched < wanted; touched += PieceBytes)
        {
            var map = Libc.MapAnonymous(0, MapBytes, Libc.ProtectReadWrite, Libc.MapPrivateAnonymous, -1, 0);
            if ((nint)map == -1)
            {
                break;
            }

            maps.Add((nint)map);
            var piece = (byte*)(((nint)map + BlockBytes - 1) & ~(nint)(BlockBytes - 1));
            _ = Libc.AdviseMemory(piece, PieceBytes, Libc.AdviceHugePages); // a kernel without them says no: small ones it is
            for (var at = 0; at < PieceBytes; at += PageBytes)
            {
                piece[at] = 1;
            }
        }

        foreach (var map in maps)
        {
            Libc.Unmap((byte*)map, MapBytes);
        }
    }

    private static long AvailableBytes() => ProcFile.KilobytesIn("/proc/meminfo", "MemAvailable:") * 1024;
}
