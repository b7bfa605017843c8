using System.Buffers;
using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using FastEcrProxy.Transport;

namespace FastEcrProxy.Tests.Transport;

public sealed class ProxyProtocolFuzzTests
{
    private const int LineBytesMax = 107;
    private const string Signature = "\r\n\r\n\0\r\nQUIT\n";

    private static readonly string[] Headers =
    [
        "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET / HTTP/1.1\r\n",
        "PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
        "PROXY TCP6 2001:db8::1 2001:db8::2 56324 443\r\n\x16\x03\x01",
        "PROXY TCP6 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\nGET",
        "PROXY TCP6 ::ffff:192.0.2.1 ::1 0 443\r\n",
        "PROXY UNKNOWN\r\nGET / HTTP/1.1\r\n",
        $"PROXY UNKNOWN {new string('x', 91)}\r\n",
        Binary("2111000CC0000201C6336401DC0401BB") + "GET / HTTP/1.1\r\n",
        Binary("21110013C0000201C6336401DC0401BB04000400000000") + "\x16\x03\x01",
        Binary("2121002420010DB800000000000000000000000120010DB8000000000000000000000002DC0401BB"),
        Binary("2121002400000000000000000000FFFFC000020100000000000000000000000000000001DC0401BB"),
        Binary("2011000C000000000000000000000000"),
        Binary("21000003040000"),
        Binary("2112000CC0000201C6336401DC0401BB"),
        Binary("21113FF0C0000201C6336401DC0401BB") + new string('\0', ProxyProtocol.BytesMax - 28),
    ];

    [Fact]
    public void Header_IsTakenByItself_AndNamesWhoIsInIt()
    {
        var named = 0;

        AlmostRight.Bytes(Headers, 20_000, bytes =>
        {
            var header = Read(bytes);

            if (header.Kind is not ProxyHeaderKind.Present)
            {
                Assert.True(header is { Length: 0, Source: null }, header.ToString());
                return;
            }

            Assert.InRange(header.Length, 1, Math.Min(bytes.Length, IsLine(bytes) ? LineBytesMax : ProxyProtocol.BytesMax));
            Assert.Equal(header, Read(bytes[..header.Length]));
            Assert.Equal(ProxyHeader.Incomplete, Read(bytes[..(header.Length - 1)]));
            if (header.Source is { } source)
            {
                named++;
                Assert.False(source.Address.IsIPv4MappedToIPv6);
                Assert.Equal(NamedIn(bytes[..header.Length]), source);
                Assert.Equal(source, Read(LineOf(source)).Source);
            }
        });

        Assert.InRange(named, 2_000, 18_000);
    }

    private static string Binary(string rest) => Signature + Encoding.Latin1.GetString(Convert.FromHexString(rest));

    private static ProxyHeader Read(byte[] bytes) => ProxyProtocol.Read(new ReadOnlySequence<byte>(bytes));

    private static bool IsLine(byte[] header) => header[0] == 'P';

    private static byte[] LineOf(IPEndPoint source)
    {
        var family = source.AddressFamily is AddressFamily.InterNetwork ? "TCP4" : "TCP6";
        return Encoding.Latin1.GetBytes($"PROXY {family} {source.Address} {source.Address} {source.Port} 443\r\n");
    }

    /// <summary>Whom a valid header names, read in the simplest way.</summary>
    private static IPEndPoint NamedIn(byte[] header)
    {
        if (IsLine(header))
        {
            var words = Encoding.Latin1.GetString(header).Split(' ');
            return Plain(IPAddress.Parse(words[2]), ushort.Parse(words[4]));
        }

        var addressBytes = header[13] == 0x11 ? 4 : 16;
        return Plain(
            new IPAddress(header.AsSpan(16, addressBytes)),
            BinaryPrimitives.ReadUInt16BigEndian(header.AsSpan(16 + (2 * addressBytes))));
    }

    private static IPEndPoint Plain(IPAddress address, int port) => new(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address, port);
}
