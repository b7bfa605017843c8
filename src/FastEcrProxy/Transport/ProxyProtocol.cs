using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using FastEcrProxy.Primitives;

namespace FastEcrProxy.Transport;

/// <summary>
/// Reads the PROXY protocol, by which a balancer that hands bytes through says who sent them: version 1, a line of text, and
/// version 2, which is binary. Knows nothing of connections.
/// </summary>
/// <remarks>Protocol: https://www.haproxy.org/download/3.0/doc/proxy-protocol.txt.</remarks>
internal static class ProxyProtocol
{
    /// <summary>No balancer's header is longer, whatever it adds about itself: their own buffers have this size.</summary>
    public const int BytesMax = 16 << 10;

    private const int LineBytesMax = 107; // of version 1, its end included
    private const int FixedBytes = 16;    // of version 2: signature, command, family, length
    private const int Ipv4Bytes = 12;     // two addresses, two ports
    private const int Ipv6Bytes = 36;
    private const int PeekBytes = LineBytesMax; // holds the part of version 2 that is read, too

    private const byte Version2 = 0x20;
    private const byte VersionMask = 0xf0;
    private const byte CommandMask = 0x0f;
    private const byte Local = 0;   // the balancer's own: a health check
    private const byte Proxied = 1; // on behalf of a client
    private const byte TcpOverIpv4 = 0x11;
    private const byte TcpOverIpv6 = 0x21;
    private const int FamilyMost = 3;    // unspecified, IPv4, IPv6, Unix
    private const int TransportMost = 2; // unspecified, stream, datagram

    private static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    private static ReadOnlySpan<byte> LineBegin => "PROXY "u8;

    /// <summary>What a connection begins with. Never throws, whatever the bytes are.</summary>
    /// <param name="bytes">All that has come so far.</param>
    public static ProxyHeader Read(in ReadOnlySequence<byte> bytes)
    {
        Span<byte> peek = stackalloc byte[PeekBytes];
        var first = peek[..(int)Math.Min(bytes.Length, PeekBytes)];
        bytes.Slice(0, first.Length).CopyTo(first);
        return Begins(first, Signature) ? ReadBinary(first, bytes.Length)
            : Begins(first, LineBegin) ? ReadLine(first)
            : ProxyHeader.Absent;
    }

    /// <summary>As far as both go.</summary>
    private static bool Begins(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> with)
    {
        var common = Math.Min(bytes.Length, with.Length);
        return bytes[..common].SequenceEqual(with[..common]);
    }

    private static ProxyHeader ReadBinary(ReadOnlySpan<byte> first, long available)
    {
        if (first.Length < FixedBytes)
        {
            return ProxyHeader.Incomplete;
        }

        var (version, command) = (first[12] & VersionMask, first[12] & CommandMask);
        var family = first[13];
        var length = FixedBytes + BinaryPrimitives.ReadUInt16BigEndian(first[14..]);
        if (version != Version2 || command > Proxied || family >> 4 > FamilyMost || (family & 0xf) > TransportMost || length > BytesMax)
        {
            return ProxyHeader.Malformed;
        }

        var addressBytes = command == Local ? 0 : family switch
        {
            TcpOverIpv4 => Ipv4Bytes,
            TcpOverIpv6 => Ipv6Bytes,
            _ => 0, // what cannot be a client of this proxy is as good as unspecified
        };
        if (length - FixedBytes < addressBytes)
        {
            return ProxyHeader.Malformed;
        }

        if (available < length)
        {
            return ProxyHeader.Incomplete;
        }

        return new ProxyHeader(ProxyHeaderKind.Present, length, SourceOf(first.Slice(FixedBytes, addressBytes)));
    }

    /// <summary>Source address, destination address, source port, destination port.</summary>
    private static IPEndPoint? SourceOf(ReadOnlySpan<byte> addresses)
    {
        if (addresses.IsEmpty)
        {
            return null;
        }

        const int portsBytes = 4;
        var addressBytes = (addresses.Length - portsBytes) / 2;
        var port = BinaryPrimitives.ReadUInt16BigEndian(addresses[^portsBytes..]);
        return new IPEndPoint(Addresses.Plain(new IPAddress(addresses[..addressBytes])), port);
    }

    private static ProxyHeader ReadLine(ReadOnlySpan<byte> first)
    {
        var end = first.IndexOf("\r\n"u8);
        if (end < 0)
        {
            return first.Length < LineBytesMax ? ProxyHeader.Incomplete : ProxyHeader.Malformed;
        }

        var length = end + 2;
        var words = first[LineBegin.Length..end];
        if (words.StartsWith("UNKNOWN"u8) && (words.Length == 7 || words[7] == ' '))
        {
            return new ProxyHeader(ProxyHeaderKind.Present, length);
        }

        Span<Range> parts = stackalloc Range[6]; // one more than there may be
        if (Split(words, parts) == 5
            && FamilyOf(words[parts[0]]) is { } family
            && TryParseAddress(words[parts[1]], family, out var source)
            && TryParseAddress(words[parts[2]], family, out _)
            && TryParsePort(words[parts[3]], out var port)
            && TryParsePort(words[parts[4]], out _))
        {
            return new ProxyHeader(ProxyHeaderKind.Present, length, new IPEndPoint(Addresses.Plain(source), port));
        }

        return ProxyHeader.Malformed;
    }

    private static int Split(ReadOnlySpan<byte> words, Span<Range> parts)
    {
        var count = 0;
        foreach (var part in words.Split((byte)' '))
        {
            if (count == parts.Length)
            {
                break;
            }

            parts[count++] = part;
        }

        return count;
    }

    private static AddressFamily? FamilyOf(ReadOnlySpan<byte> word) =>
        word.SequenceEqual("TCP4"u8) ? AddressFamily.InterNetwork
        : word.SequenceEqual("TCP6"u8) ? AddressFamily.InterNetworkV6
        : null;

    /// <summary>Only as it is spelled out: .NET would also read <c>1</c>, <c>0x7f.1</c>, <c>[::1]</c> and <c>fe80::1%3</c>.</summary>
    private static bool TryParseAddress(ReadOnlySpan<byte> word, AddressFamily family, out IPAddress address)
    {
        Span<byte> spelled = stackalloc byte[64];
        address = IPAddress.None;
        if (!IPAddress.TryParse(word, out var parsed) || parsed.AddressFamily != family)
        {
            return false;
        }

        address = parsed;
        return family is AddressFamily.InterNetwork
            ? parsed.TryFormat(spelled, out var written) && word.SequenceEqual(spelled[..written])
            : word.IndexOfAnyExcept("0123456789abcdefABCDEF:."u8) < 0;
    }

    private static bool TryParsePort(ReadOnlySpan<byte> word, out ushort port)
    {
        port = 0;
        return word.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            && (word.Length == 1 || (word.Length > 1 && word[0] != '0'))
            && ushort.TryParse(word, out port);
    }
}
