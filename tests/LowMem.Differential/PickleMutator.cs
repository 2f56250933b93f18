using System.Buffers.Binary;
using System.Text;

namespace LowMem.Differential;

/// <summary>Makes new pickles of old ones, opcode by opcode.</summary>
/// <param name="random">Where all decisions come from.</param>
/// <param name="seeds">The pickles to begin with, in parts.</param>
internal sealed class PickleMutator(Random random, IReadOnlyList<List<byte[]>> seeds)
{
    /// <summary>Longer ones take longer and find no more.</summary>
    private const int MaxParts = 400;

    private static readonly string[] Lines =
    [
        "0", "1", "00", "01", "-1", "12", "+1", " 1", "1 ", "\t0", "1\r", "007", "0x1f", "0o17", "0b11", "1_0", "1__0", "_1", "1_", "0_0", "5L", "5LL", "L", "",
        "12\0", "1\03", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "123456789012345678901234567890", "1.5", "-0.0", "1e5", "1e999",
        "1E-400", ".5", "5.", "inf", "-Infinity", "nan", "-nan", "1_0.5", "1.5 ", " 1.5", "0x1p3", "'a'", "\"a\"", "'a", "'\\x41'", "'\\x4'", "'\\101'", "'\\777'",
        "'\\q'", "'\\'", "'\\\\'", "'\\n'", "'é'", "'a' ", "'a'\r", "\\u0041", "\\\\u0041", "\\u12", "\\ud83d\\ude00", "\\ud83d", "\\U0001f525", "\\U00110000", "\\",
        "os", "system", "posix", "builtins", "eval", "a.b", "é", "x\ry", "os\r", "\0",
    ];

    private static readonly byte[][] Contents =
    [
        [], "a"u8.ToArray(), "os"u8.ToArray(), "system"u8.ToArray(), "é"u8.ToArray(), [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
        [0xf0, 0x9f, 0x94, 0xa5], [0xf4, 0x90, 0x80, 0x80], [0xc0, 0x80], [0], "a\nb"u8.ToArray(), [0xef, 0xbb, 0xbf, (byte)'x'], [0, 0, 0, 0, 0, 0, 0, 0x80], [0xff, 0x7f],
    ];

    /// <summary>The next pickle.</summary>
    public byte[] Next()
    {
        var parts = new List<byte[]>(Pick(seeds));
        bool isFramed = random.Next(4) == 0;
        if (!isFramed)
        {
            parts.RemoveAll(part => part[0] == OpcodeTable.Frame);
        }

        for (int changes = random.Next(1, 5); changes > 0; changes--)
        {
            Change(parts);
        }

        if (parts.Count > MaxParts)
        {
            parts.RemoveRange(MaxParts, parts.Count - MaxParts);
        }

        if (random.Next(3) == 0)
        {
            AddFrames(parts);
        }

        byte[] pickle = [.. parts.SelectMany(part => part)];
        if (pickle.Length > 0 && random.Next(20) == 0)
        {
            pickle[random.Next(pickle.Length)] = (byte)random.Next(256);
        }

        return random.Next(40) == 0 ? pickle[..random.Next(pickle.Length + 1)] : pickle;
    }

    private void Change(List<byte[]> parts)
    {
        int place = random.Next(parts.Count + 1);
        if (place == parts.Count)
        {
            parts.Add(NewPart());
            return;
        }

        switch (random.Next(10))
        {
            case 0:
                parts.RemoveAt(place);
                break;
            case 1:
                parts.Insert(place, parts[place]);
                break;
            case 2:
                int other = random.Next(parts.Count);
                (parts[place], parts[other]) = (parts[other], parts[place]);
                break;
            case 3:
                var moved = parts[place];
                parts.RemoveAt(place);
                parts.Insert(random.Next(parts.Count + 1), moved);
                break;
            case 4:
                parts.Insert(place, NewPart());
                break;
            case 5:
                parts.Insert(place, Pick(Pick(seeds)));
                break;
            case 6:
                Splice(parts, place);
                break;
            case 7:
                parts[place] = [OpcodeLike(parts[place][0]), .. parts[place].AsSpan(1)];
                break;
            default:
                parts[place] = WithOtherArgument(parts[place][0]);
                break;
        }
    }

    private void Splice(List<byte[]> parts, int place)
    {
        var other = Pick(seeds);
        int start = random.Next(other.Count);
        if (random.Next(2) == 0)
        {
            parts.RemoveRange(place, parts.Count - place);
            parts.AddRange(other[start..]);
        }
        else
        {
            parts.InsertRange(place, other.GetRange(start, Math.Min(random.Next(1, 12), other.Count - start)));
        }
    }

    /// <summary>Another opcode that is followed by the same kind of argument.</summary>
    private byte OpcodeLike(byte opcode)
    {
        byte[] alike = [.. OpcodeTable.Opcodes.Where(other => OpcodeTable.ArgumentOf(other) == OpcodeTable.ArgumentOf(opcode))];
        return alike.Length == 0 ? (byte)random.Next(256) : Pick(alike);
    }

    private byte[] NewPart() => WithOtherArgument(Pick(OpcodeTable.Opcodes));

    private byte[] WithOtherArgument(byte opcode)
    {
        if (OpcodeTable.ArgumentOf(opcode) is not var (kind, size))
        {
            return [opcode];
        }

        switch (kind)
        {
            case ArgumentKind.Fixed:
                var bytes = new byte[size];
                random.NextBytes(bytes);

                // Memo indexes and extensions of many bits cost memory and hit nothing: most are small.
                if (opcode is (byte)'r' or (byte)'j' or 0x84 || (size <= 2 && random.Next(3) > 0) || opcode == OpcodeTable.Frame)
                {
                    bytes.AsSpan().Clear();
                    bytes[..Math.Min(1, size)].AsSpan().Fill((byte)random.Next(12));
                    if (size > 0)
                    {
                        bytes[0] = (byte)random.Next(12);
                    }
                }

                return [opcode, .. bytes];
            case ArgumentKind.Lines:
                return [opcode, .. Enumerable.Range(0, size).SelectMany(_ => (byte[])[.. Line(), (byte)'\n'])];
            default:
                byte[] content = Pick(Contents);
                Span<byte> length = stackalloc byte[8];
                long count = random.Next(12) == 0 ? random.Next(2) == 0 ? random.NextInt64() : content.Length + random.Next(-1, 3) : content.Length;
                BinaryPrimitives.WriteInt64LittleEndian(length, count);
                return [opcode, .. length[..size], .. content];
        }
    }

    private byte[] Line()
    {
        byte[] line = Encoding.UTF8.GetBytes(Pick(Lines)).Where(character => character != (byte)'\n').ToArray();
        if (line.Length > 0 && random.Next(6) == 0)
        {
            const string characters = "0123456789_+- \r\t\v\f\0.eEnxobXL\\uU'\"\u00e9";
            line[random.Next(line.Length)] = (byte)Pick(characters.ToCharArray());
        }

        return random.Next(20) == 0 ? [.. line, 0xff] : line;
    }

    /// <summary>Puts frames around runs of parts, most as a pickler would, some that end elsewhere.</summary>
    private void AddFrames(List<byte[]> parts)
    {
        int place = random.Next(3);
        for (int frames = random.Next(1, 4); frames > 0 && place < parts.Count; frames--)
        {
            int count = random.Next(3) == 0 ? parts.Count - place : random.Next(0, parts.Count - place + 1);
            long length = parts.GetRange(place, count).Sum(part => (long)part.Length);
            length = random.Next(6) switch
            {
                0 => Math.Max(0, length + random.Next(-6, 7)),
                1 when random.Next(4) == 0 => random.NextInt64(-2, long.MaxValue),
                _ => length,
            };
            var frame = new byte[9];
            frame[0] = OpcodeTable.Frame;
            BinaryPrimitives.WriteInt64LittleEndian(frame.AsSpan(1), length);
            parts.Insert(place, frame);
            place += random.Next(8) == 0 ? random.Next(count + 1) : count + 1;
        }
    }

    private T Pick<T>(IReadOnlyList<T> items) => items[random.Next(items.Count)];
}
