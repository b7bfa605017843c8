using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CsCheck;
using FastEcrProxy.Transport;

namespace FastEcrProxy.Tests.Transport;

public sealed class ProxyProtocolTests
{
    private static readonly byte[] Signature = Convert.FromHexString("0D0A0D0A000D0A515549540A");

    private static readonly Gen<IPAddress> AnyIpv4 = Gen.Byte.Array[4].Select(static bytes => new IPAddress(bytes));

    private static readonly Gen<IPAddress> AnyIpv6 = Gen.Byte.Array[16].Select(static bytes => new IPAddress(bytes));

    private static readonly Gen<IPAddress> AnyAddress = Gen.OneOf(AnyIpv4, AnyIpv6);

    private static readonly Gen<byte[]> AnyBeginning = Gen.OneOf(
        Gen.Const(Signature), Gen.Const("PROXY TCP4 "u8.ToArray()), Gen.Const("PROXY TCP6 "u8.ToArray()), Gen.Const(Array.Empty<byte>()));

    /// <summary>Lines and the client that they name; null: none.</summary>
    public static TheoryData<string, string?> Lines => new()
    {
        { "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n", "192.0.2.1:56324" },
        { "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n", "255.255.255.255:65535" },
        { "PROXY TCP4 192.0.2.1 198.51.100.1 0 443\r\n", "192.0.2.1:0" },
        { "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n", "[2001:db8::1]:56324" },
        { "PROXY TCP6 ::ffff:192.0.2.1 ::1 56324 443\r\n", "192.0.2.1:56324" },
        { "PROXY UNKNOWN\r\n", null },
        { "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", null },
        { $"PROXY UNKNOWN {new string('x', 91)}\r\n", null }, // 107 bytes
    };

    public static TheoryData<string> MalformedLines => new()
    {
        "PROXY \r\n",
        "PROXY UNKNOWNX\r\n",
        "PROXY TCP5 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 3\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2 \r\n",
        "PROXY TCP4  192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 65536\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 -1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 01 2\r\n",
        "PROXY TCP4 192.0.2.256 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.513 198.51.100.1 1 2\r\n",
        "PROXY TCP4 192.0.2.010 198.51.100.1 1 2\r\n",
        "PROXY TCP4 0xc0.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n",
        "PROXY TCP6 192.0.2.1 198.51.100.1 1 2\r\n",
        "PROXY TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n",
        "PROXY TCP6 fe80::1%1 2001:db8::2 1 2\r\n",
        "PROXY TCP4 192.0.2.1 198.51.100.1 1 2\n\r\n",
        $"PROXY UNKNOWN {new string('x', 92)}\r\n", // 108 bytes
        $"PROXY UNKNOWN {new string('x', 200)}",
    };

    /// <summary>Version and command, family, addresses; and the client.</summary>
    public static TheoryData<string, string?> Binaries => new()
    {
        { "2111000CC0000201C6336401DC0401BB", "192.0.2.1:56324" },
        { "21110013C0000201C6336401DC0401BB04000400000000", "192.0.2.1:56324" }, // with what the balancer adds
        { $"21210024{"20010DB8000000000000000000000001"}{"20010DB8000000000000000000000002"}DC0401BB", "[2001:db8::1]:56324" },
        { $"21210024{"00000000000000000000FFFFC0000201"}{"00000000000000000000000000000001"}DC0401BB", "192.0.2.1:56324" },
        { "20000000", null },
        { "2011000C000000000000000000000000", null }, // a health check, as AWS's balancers send it
        { "21000000", null },
        { "21000003040000", null },
        { "2112000CC0000201C6336401DC0401BB", null }, // datagrams
        { "213100020000", null },                     // a Unix socket
    };

    public static TheoryData<string> MalformedBinaries => new()
    {
        "1111000C", // version 1
        "3111000C",
        "2211000C", // a command that does not exist
        "2141000C", // a family that does not exist
        "2113000C", // a transport that does not exist
        "2111000B", // too short for its addresses
        "21210023",
        "21113FF1", // 16 KiB and a byte
        "2111FFFF",
    };

    /// <summary>What other protocols begin with.</summary>
    public static TheoryData<string> Others => new()
    {
        "GET / HTTP/1.1\r\n\r\n",
        "P",
        "PUT /v2/ HTTP/1.1\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "PROXIES",
        "proxy TCP4 ",
        "\x16\x03\x01",
        "\r\n\r\nGET / HTTP/1.1\r\n",
        "\r\n\r\n\0\r\nQUIX",
    };

    [Theory, MemberData(nameof(Lines))]
    public void Line_NamesTheClientAndEndsWhereItEnds(string line, string? client)
    {
        var header = Read(Encoding.Latin1.GetBytes(line + "GET / HTTP/1.1\r\n"));

        Assert.Equal((ProxyHeaderKind.Present, line.Length, client), (header.Kind, header.Length, header.Source?.ToString()));
    }

    [Theory, MemberData(nameof(MalformedLines))]
    public void MalformedLine_IsRefused(string line) =>
        Assert.Equal(ProxyHeaderKind.Malformed, Read(Encoding.Latin1.GetBytes(line)).Kind);

    [Theory, MemberData(nameof(Binaries))]
    public void Binary_NamesTheClientAndEndsWhereItEnds(string rest, string? client)
    {
        byte[] bytes = [.. Signature, .. Convert.FromHexString(rest)];

        var header = Read([.. bytes, 0x16, 0x03]);

        Assert.Equal((ProxyHeaderKind.Present, bytes.Length, client), (header.Kind, header.Length, header.Source?.ToString()));
    }

    [Theory, MemberData(nameof(MalformedBinaries))]
    public void MalformedBinary_IsRefusedBeforeItsEnd(string rest) =>
        Assert.Equal(ProxyHeaderKind.Malformed, Read([.. Signature, .. Convert.FromHexString(rest)]).Kind);

    [Theory, MemberData(nameof(Others))]
    public void AnotherProtocol_IsLeftAlone(string text)
    {
        var header = Read(Encoding.Latin1.GetBytes(text));

        Assert.Equal(text == "P" ? ProxyHeader.Incomplete : ProxyHeader.Absent, header);
    }

    [Fact]
    public void LargestHeader_IsTakenWhole()
    {
        var length = ProxyProtocol.BytesMax - 16;
        byte[] bytes = [.. Signature, 0x21, 0x11, (byte)(length >> 8), (byte)length, .. new byte[length]];

        Assert.Equal(ProxyProtocol.BytesMax, Read(bytes).Length);
    }

    [Fact]
    public void Line_PrintsBack() =>
        Gen.Select(AnyAddress, Gen.UShort).Sample((address, port) =>
        {
            var line = $"PROXY {Family(address)} {address} {address} {port} 443\r\n";

            return Read(Encoding.Latin1.GetBytes(line)) == new ProxyHeader(ProxyHeaderKind.Present, line.Length, Plain(address, port));
        });

    [Fact]
    public void Binary_PrintsBackHoweverItComes() =>
        Gen.Select(AnyAddress, Gen.UShort, Gen.Byte.Array[0, 300], Gen.Int[1, 400]).Sample((address, port, added, piece) =>
        {
            var bytes = Binary(address, port, added);

            var expected = new ProxyHeader(ProxyHeaderKind.Present, bytes.Length, Plain(address, port));
            return ProxyProtocol.Read(InPieces(bytes, piece)) == expected
                && Read(bytes.AsSpan(0, bytes.Length - 1)) == ProxyHeader.Incomplete;
        });

    [Fact]
    public void Beginning_IsNeverTakenForSomethingElse() =>
        Gen.Select(AnyAddress, Gen.UShort, Gen.Bool, Gen.Double[0, 1]).Sample((address, port, isLine, part) =>
        {
            var bytes = isLine
                ? Encoding.Latin1.GetBytes($"PROXY {Family(address)} {address} {address} {port} 1\r\n")
                : Binary(address, port, []);

            return Read(bytes.AsSpan(0, (int)(part * (bytes.Length - 1)))) == ProxyHeader.Incomplete;
        });

    [Fact]
    public void AnyBytes_AreReadWithoutException() =>
        Gen.Select(AnyBeginning, Gen.Byte.Array[0, 200], Gen.Int[1, 50]).Sample((begin, rest, piece) =>
        {
            byte[] bytes = [.. begin, .. rest];

            var header = ProxyProtocol.Read(InPieces(bytes, piece));
            return header.Kind is ProxyHeaderKind.Present
                ? header.Length > 0 && header.Length <= bytes.Length
                : header is { Length: 0, Source: null };
        });

    private static ProxyHeader Read(ReadOnlySpan<byte> bytes) => ProxyProtocol.Read(new ReadOnlySequence<byte>(bytes.ToArray()));

    private static IPEndPoint Plain(IPAddress address, int port) => new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);

    private static string Family(IPAddress address) => address.AddressFamily is AddressFamily.InterNetwork ? "TCP4" : "TCP6";

    private static byte[] Binary(IPAddress address, ushort port, byte[] added)
    {
        var raw = address.GetAddressBytes();
        var ports = new byte[4];
        BinaryPrimitives.WriteUInt16BigEndian(ports, port);
        var length = (2 * raw.Length) + ports.Length + added.Length;
        byte family = raw.Length == 4 ? (byte)0x11 : (byte)0x21;
        return [.. Signature, 0x21, family, (byte)(length >> 8), (byte)length, .. raw, .. raw, .. ports, .. added];
    }

    private static ReadOnlySequence<byte> InPieces(byte[] bytes, int piece)
    {
        var first = new Piece(bytes.AsMemory(0, Math.Min(piece, bytes.Length)), null);
        var last = first;
        for (var at = piece; at < bytes.Length; at += piece)
        {
            last = new Piece(bytes.AsMemory(at, Math.Min(piece, bytes.Length - at)), last);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(ReadOnlyMemory<byte> memory, Piece? before)
        {
            Memory = memory;
            if (before is not null)
            {
                before.Next = this;
                RunningIndex = before.RunningIndex + before.Memory.Length;
            }
        }
    }
}
