namespace FastEcrProxy.LoadBench.Machine;

/// <summary>
/// Takes memory from the host before a server needs it for its files: in a virtual machine that gives free memory back, new
/// pages cost up to seconds a gigabyte, at random, and that would be measured instead of the server.
/// </summary>
internal static unsafe class FreshMemory
{
    private const int PageBytes = 4096;
    private const int PieceBytes = 64 << 20; // in pieces: what does not fit is left, nothing is killed for it
    private const double OfAvailableMax = 0.6;

    public static void Touch(long bytes)
    {
        var wanted = (long)Math.Min(bytes, AvailableBytes() * OfAvailableMax);
        var pieces = new List<nint>();
        for (var touched = 0L; touched < wanted; touched += PieceBytes)
        {
            var piece = Libc.MapAnonymous(0, PieceBytes, Libc.ProtectReadWrite, Libc.MapPrivateAnonymous, -1, 0);
            if ((nint)piece == -1)
            {
                break;
            }

            pieces.Add((nint)piece);
            for (var at = 0; at < PieceBytes; at += PageBytes)
            {
                piece[at] = 1;
            }
        }

        foreach (var piece in pieces)
        {
            Libc.Unmap((byte*)piece, PieceBytes);
        }
    }

    private static long AvailableBytes() => ProcFile.KilobytesIn("/proc/meminfo", "MemAvailable:") * 1024;
}
