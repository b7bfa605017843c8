using System.Runtime.InteropServices;
using FastEcrProxy.Oci;

namespace FastEcrProxy.Http;

/// <summary>
/// The routes of targets that were asked for lately. What a fleet pulls is asked for by the same few targets, and a route read once
/// is the same for ever: reading it again would cost three strings.
/// </summary>
/// <remarks>A table of fixed size, one place for each target by its hash; the last one stays. Nobody waits for anybody.</remarks>
internal sealed class RecentRoutes
{
    private const int PlacesBits = 9; // 512 places: some images' worth of manifests and layers, which are what is asked for in bursts
    private const int TargetLengthMax = 256; // longer ones are read each time: so all places together take little more than half a MiB
    private const int TargetLengthMin = sizeof(ulong) / sizeof(char);
    private const ulong Multiplier = 0x9E3779B97F4A7C15; // 2^64 by the golden ratio: spreads what differs in few bits

    private readonly Known?[] _places = new Known?[1 << PlacesBits];

    /// <summary>The route of a target that was <see cref="Add">added</see>; false if it is not here any more, or never was.</summary>
    public bool TryGet(string target, out OciRoute route)
    {
        if (IsKept(target) && Volatile.Read(ref _places[PlaceOf(target)]) is { } known && known.Target == target)
        {
            route = known.Route;
            return true;
        }

        route = default;
        return false;
    }

    /// <param name="target">As the client sent it.</param>
    /// <param name="route">What it means.</param>
    public void Add(string target, OciRoute route)
    {
        if (IsKept(target) && route.Session is null) // uploads come a few times each, and would push out what comes often
        {
            Volatile.Write(ref _places[PlaceOf(target)], new Known(target, route));
        }
    }

    private static bool IsKept(string target) => target.Length is >= TargetLengthMin and <= TargetLengthMax;

    /// <summary>Anybody can choose targets that share a place: these are read each time, as all would be without this.</summary>
    private static int PlaceOf(ReadOnlySpan<char> target)
    {
        var hash = (ulong)target.Length;
        foreach (var word in MemoryMarshal.Cast<char, ulong>(target))
        {
            hash = (hash ^ word) * Multiplier;
        }

        hash = (hash ^ MemoryMarshal.Cast<char, ulong>(target[^TargetLengthMin..])[0]) * Multiplier; // what did not fill a word
        return (int)(hash >> (64 - PlacesBits));
    }

    /// <summary>What a place holds: replaced as a whole, so whoever reads it has both or neither.</summary>
    private sealed record Known(string Target, OciRoute Route);
}
