using System.Buffers.Binary;

namespace LowMem.Differential;

/// <summary>What follows each opcode, and the parts of a pickle.</summary>
internal static class OpcodeTable
{
    public const byte Frame = 0x95;
    public const byte Stop = (byte)'.';

    private static readonly (ArgumentKind Kind, int Size)?[] Arguments = Create();

    /// <summary>All opcodes that exist.</summary>
    public static byte[] Opcodes { get; } = [.. Enumerable.Range(0, 256).Where(code => Arguments[code] is not null).Select(code => (byte)code)];

    /// <summary>What follows an opcode; null when it is none.</summary>
    public static (ArgumentKind Kind, int Size)? ArgumentOf(byte opcode) => Arguments[opcode];

    /// <summary>The opcodes of a pickle, each with its argument; what makes no sense is left as one last part.</summary>
    public static List<byte[]> Split(ReadOnlySpan<byte> pickle)
    {
        var parts = new List<byte[]>();
        while (pickle.Length > 0)
        {
            int length = LengthOf(pickle);
            parts.Add(pickle[..length].ToArray());
            pickle = pickle[length..];
        }

        return parts;
    }

    private static int LengthOf(ReadOnlySpan<byte> pickle)
    {
        if (Arguments[pickle[0]] is not var (kind, size))
        {
            return pickle.Length;
        }

        long length = 1;
        switch (kind)
        {
            case ArgumentKind.Lines:
                for (int line = 0; line < size; line++)
                {
                    int end = pickle[(int)length..].IndexOf((byte)'\n');
                    if (end < 0)
                    {
                        return pickle.Length;
                    }

                    length += end + 1;
                }

                break;
            case ArgumentKind.Counted when pickle.Length > size:
                Span<byte> count = stackalloc byte[8];
                pickle.Slice(1, size).CopyTo(count);
                ulong content = BinaryPrimitives.ReadUInt64LittleEndian(count);
                length = content > (ulong)pickle.Length ? pickle.Length : 1 + size + (long)content;
                break;
            default:
                length += size;
                break;
        }

        return (int)Math.Min(length, pickle.Length);
    }

    private static (ArgumentKind Kind, int Size)?[] Create()
    {
        var table = new (ArgumentKind Kind, int Size)?[256];
        Set(ArgumentKind.Fixed, 0, "(.012NQRabdelostu)]}"u8);
        Set(ArgumentKind.Fixed, 0, [0x81, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8f, 0x90, 0x91, 0x92, 0x93, 0x94, 0x97, 0x98]);
        Set(ArgumentKind.Fixed, 1, [(byte)'K', (byte)'h', (byte)'q', 0x80, 0x82]);
        Set(ArgumentKind.Fixed, 2, [(byte)'M', 0x83]);
        Set(ArgumentKind.Fixed, 4, [(byte)'J', (byte)'j', (byte)'r', 0x84]);
        Set(ArgumentKind.Fixed, 8, [(byte)'G', Frame]);
        Set(ArgumentKind.Counted, 1, [(byte)'U', (byte)'C', 0x8a, 0x8c]);
        Set(ArgumentKind.Counted, 4, [(byte)'T', (byte)'X', (byte)'B', 0x8b]);
        Set(ArgumentKind.Counted, 8, [0x8d, 0x8e, 0x96]);
        Set(ArgumentKind.Lines, 1, "FILSVPgp"u8);
        Set(ArgumentKind.Lines, 2, "ci"u8);
        return table;

        void Set(ArgumentKind kind, int size, ReadOnlySpan<byte> opcodes)
        {
            foreach (byte opcode in opcodes)
            {
                table[opcode] = (kind, size);
            }
        }
    }
}
