using System.Buffers.Binary;

namespace LowMem.Fuzz;

/// <summary>
/// Changes a file in a few places at a time: bits, bytes, numbers at the ends of their ranges, words of the format, pieces
/// cut out, doubled, moved, or taken from another file.
/// </summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> words)
{
    private const int MaxLength = 1 << 20;

    private static readonly long[] Numbers =
    [
        0, 1, -1, 2, 7, 8, 63, 64, 127, 128, 255, 256, 511, 512, 4095, 4096, short.MaxValue, ushort.MaxValue, int.MaxValue,
        int.MinValue, uint.MaxValue, long.MaxValue, long.MinValue, 1L << 32, 1L << 40, 1L << 62,
    ];

    public byte[] Mutate(byte[] original, byte[] other)
    {
        byte[] bytes = [.. original];
        int changes = 1 + (int)(-Math.Log(1 - random.NextDouble()) * 3);
        for (int i = 0; i < changes; i++)
        {
            bytes = Change(bytes, other);
        }

        return bytes.Length > MaxLength ? bytes[..MaxLength] : bytes;
    }

    private byte[] Change(byte[] bytes, byte[] other)
    {
        if (bytes.Length == 0)
        {
            return Insert(bytes, 0, Word());
        }

        int place = random.Next(bytes.Length);
        switch (random.Next(12))
        {
            case 0:
                bytes[place] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[place] = (byte)random.Next(256);
                return bytes;
            case 2:
                return WriteNumber(bytes, place);
            case 3:
                return Insert(bytes, place, Word());
            case 4:
                byte[] word = Word();
                word.AsSpan(0, Math.Min(word.Length, bytes.Length - place)).CopyTo(bytes.AsSpan(place));
                return bytes;
            case 5:
                int cut = Piece(bytes.Length - place);
                return [.. bytes[..place], .. bytes[(place + cut)..]];
            case 6:
                return Insert(bytes, random.Next(bytes.Length), bytes[place..(place + Piece(bytes.Length - place))]);
            case 7 when other.Length > 0:
                int start = random.Next(other.Length);
                return Insert(bytes, place, other[start..(start + Piece(other.Length - start))]);
            case 8:
                return bytes[..place];
            case 9:
                return ChangeDigit(bytes, place);
            case 10:
                bytes.AsSpan(place, Piece(bytes.Length - place)).Fill((byte)random.Next(256));
                return bytes;
            default:
                bytes[place] = unchecked((byte)(bytes[place] + random.Next(-3, 4)));
                return bytes;
        }
    }

    private byte[] WriteNumber(byte[] bytes, int place)
    {
        long number = Numbers[random.Next(Numbers.Length)];
        Span<byte> written = stackalloc byte[8];
        if (random.Next(4) == 0)
        {
            BinaryPrimitives.WriteInt64BigEndian(written, number);
        }
        else
        {
            BinaryPrimitives.WriteInt64LittleEndian(written, number);
        }

        int size = 1 << random.Next(4);
        written[..Math.Min(size, bytes.Length - place)].CopyTo(bytes.AsSpan(place));
        return bytes;
    }

    /// <summary>The next digit of a number in text becomes another one.</summary>
    private byte[] ChangeDigit(byte[] bytes, int place)
    {
        int found = bytes.AsSpan(place).IndexOfAnyInRange((byte)'0', (byte)'9');
        if (found >= 0)
        {
            bytes[place + found] = (byte)('0' + random.Next(10));
        }

        return bytes;
    }

    private int Piece(int most) => Math.Min(most, 1 + (int)Math.Pow(2, random.NextDouble() * 12));

    private byte[] Word() => words.Count == 0 || random.Next(8) == 0
        ? [.. Enumerable.Range(0, 1 + random.Next(8)).Select(_ => (byte)random.Next(256))]
        : words[random.Next(words.Count)];

    private static byte[] Insert(byte[] bytes, int place, byte[] added) => [.. bytes[..place], .. added, .. bytes[place..]];
}
