using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace FastEcrProxy.Primitives;

/// <summary>
/// An address as something that can be counted by. Of IPv6 its network of 64 bits: whoever has one address there has all of them.
/// </summary>
internal readonly record struct AddressKey
{
    private const int Ipv6Bytes = 16;
    private const int Ipv4Bytes = 4;

    private readonly ulong _network; // 0: IPv4, whose mapped form begins so
    private readonly uint _ipv4;

    private AddressKey(ulong network, uint ipv4) => (_network, _ipv4) = (network, ipv4);

    /// <summary>In parts of 32 bits, which are mixed with a number that nobody outside knows: nobody can choose what collides.</summary>
    public override int GetHashCode() => HashCode.Combine((uint)(_network >> 32), (uint)_network, _ipv4);

    /// <summary>Mapped IPv4 is IPv4; null, for what has no address, is a key of its own.</summary>
    public static AddressKey Of(IPAddress? address)
    {
        if (address is null)
        {
            return default;
        }

        Span<byte> bytes = stackalloc byte[Ipv6Bytes];
        address.TryWriteBytes(bytes, out _);
        if (address.AddressFamily is AddressFamily.InterNetwork)
        {
            return new AddressKey(0, BinaryPrimitives.ReadUInt32BigEndian(bytes));
        }

        return address.IsIPv4MappedToIPv6
            ? new AddressKey(0, BinaryPrimitives.ReadUInt32BigEndian(bytes[^Ipv4Bytes..]))
            : new AddressKey(BinaryPrimitives.ReadUInt64BigEndian(bytes), 0);
    }
}
