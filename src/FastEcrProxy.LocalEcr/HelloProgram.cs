using System.Buffers.Binary;

namespace FastEcrProxy.LocalEcr;

/// <summary>A Linux program of under 300 bytes that prints one line and exits: write(1, text), exit(0), no libraries.</summary>
internal static class HelloProgram
{
    private const int HeaderBytes = 64 + 56; // ELF header and one program header
    private const ulong LoadAddress = 0x400000;

    public static byte[] For(string architecture)
    {
        var text = "Hello from Amazon ECR's local stand-in, by way of fast-ecr-proxy.\n"u8;
        var isArm = architecture == "arm64";
        var code = isArm ? Arm64(text.Length) : Amd64(text.Length);
        var program = new byte[HeaderBytes + code.Length + text.Length];
        WriteHeaders(program, isArm ? (ushort)183 : (ushort)62);
        code.CopyTo(program, HeaderBytes);
        text.CopyTo(program.AsSpan(HeaderBytes + code.Length));
        return program;
    }

    private static void WriteHeaders(Span<byte> program, ushort machine)
    {
        var size = (ulong)program.Length;
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(program);
        BinaryPrimitives.WriteUInt16LittleEndian(program[16..], 2); // executable
        BinaryPrimitives.WriteUInt16LittleEndian(program[18..], machine);
        BinaryPrimitives.WriteUInt32LittleEndian(program[20..], 1); // version
        BinaryPrimitives.WriteUInt64LittleEndian(program[24..], LoadAddress + HeaderBytes); // entry
        BinaryPrimitives.WriteUInt64LittleEndian(program[32..], 64); // program headers start here
        BinaryPrimitives.WriteUInt16LittleEndian(program[52..], 64); // size of the ELF header
        BinaryPrimitives.WriteUInt16LittleEndian(program[54..], 56); // size of a program header
        BinaryPrimitives.WriteUInt16LittleEndian(program[56..], 1); // how many

        var segment = program[64..];
        BinaryPrimitives.WriteUInt32LittleEndian(segment, 1); // load
        BinaryPrimitives.WriteUInt32LittleEndian(segment[4..], 5); // readable, executable
        BinaryPrimitives.WriteUInt64LittleEndian(segment[16..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[24..], LoadAddress);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[32..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[40..], size);
        BinaryPrimitives.WriteUInt64LittleEndian(segment[48..], 0x1000); // alignment
    }

    private static byte[] Amd64(int length) =>
    [
        0xbf, 1, 0, 0, 0, // mov edi, 1
        0x48, 0x8d, 0x35, 21, 0, 0, 0, // lea rsi, [rip + 21]: the text behind the code
        0xba, (byte)length, 0, 0, 0, // mov edx, length
        0xb8, 1, 0, 0, 0, // mov eax, write
        0x0f, 0x05, // syscall
        0x31, 0xff, // xor edi, edi
        0xb8, 60, 0, 0, 0, // mov eax, exit
        0x0f, 0x05, // syscall
    ];

    private static byte[] Arm64(int length)
    {
        ReadOnlySpan<uint> words =
        [
            0xd2800020, // mov x0, 1
            0x100000e1, // adr x1, 28 bytes on: the text behind the code
            0xd2800002 | ((uint)length << 5), // mov x2, length
            0xd2800808, // mov x8, write
            0xd4000001, // svc 0
            0xd2800000, // mov x0, 0
            0xd2800ba8, // mov x8, exit
            0xd4000001, // svc 0
        ];
        var code = new byte[words.Length * sizeof(uint)];
        for (var i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(code.AsSpan(i * sizeof(uint)), words[i]);
        }

        return code;
    }
}
