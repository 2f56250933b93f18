using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace LowMem.Checkpoints.Pickle.Writing;

/// <summary>Writes a pickle of protocol 2 as CPython's own pickler does, opcode by opcode.</summary>
/// <remarks>
/// That pickler numbers each object that may be met again, in the order in which they are complete, and writes the number in its
/// place when it is. Which objects are the same is for the caller to know.
/// </remarks>
internal sealed class PickleWriter
{
    /// <summary>How many items CPython writes at a time.</summary>
    private const int BatchLength = 1000;

    private readonly List<byte> bytes = [];
    private readonly Dictionary<string, int> globals = new(StringComparer.Ordinal);
    private int memoCount;

    public PickleWriter()
    {
        bytes.Add(0x80);
        bytes.Add(2);
    }

    /// <summary>Ends the pickle.</summary>
    public byte[] Finish()
    {
        Write('.');
        return [.. bytes];
    }

    /// <summary>Writes an opcode that has no argument.</summary>
    public void Write(char opcode) => bytes.Add((byte)opcode);

    /// <summary>Numbers what was written last.</summary>
    /// <returns>Its number.</returns>
    public int Memoize()
    {
        if (memoCount < 256)
        {
            Write('q');
            bytes.Add((byte)memoCount);
        }
        else
        {
            Write('r');
            WriteInt32(memoCount);
        }

        return memoCount++;
    }

    /// <summary>Writes what has that number.</summary>
    public void Get(int number)
    {
        if (number < 256)
        {
            Write('h');
            bytes.Add((byte)number);
        }
        else
        {
            Write('j');
            WriteInt32(number);
        }
    }

    /// <summary>Writes a name of a module; once, and from then on its number.</summary>
    public void Global(string module, string name)
    {
        string full = $"{module}\n{name}\n";
        if (globals.TryGetValue(full, out int number))
        {
            Get(number);
            return;
        }

        Write('c');
        bytes.AddRange(Encoding.UTF8.GetBytes(full));
        globals.Add(full, Memoize());
    }

    /// <summary>Writes a text that is met for the first time.</summary>
    /// <returns>Its number.</returns>
    public int Text(string text)
    {
        byte[] encoded = Encoding.UTF8.GetBytes(text);
        Write('X');
        WriteInt32(encoded.Length);
        bytes.AddRange(encoded);
        return Memoize();
    }

    /// <summary>Writes a text, or the number that it has.</summary>
    /// <param name="text">The text.</param>
    /// <param name="number">Its number; null as long as it has none.</param>
    public void Text(string text, ref int? number)
    {
        if (number is { } known)
        {
            Get(known);
        }
        else
        {
            number = Text(text);
        }
    }

    public void Boolean(bool value) => Write(value ? '\x88' : '\x89');

    public void Integer(BigInteger value)
    {
        if (value >= 0 && value < 256)
        {
            Write('K');
            bytes.Add((byte)value);
        }
        else if (value >= 0 && value < 65536)
        {
            Write('M');
            bytes.Add((byte)((int)value & 0xff));
            bytes.Add((byte)((int)value >> 8));
        }
        else if (value >= int.MinValue && value <= int.MaxValue)
        {
            Write('J');
            WriteInt32((int)value);
        }
        else
        {
            byte[] encoded = value.ToByteArray();
            Write(encoded.Length < 256 ? '\x8a' : '\x8b');
            if (encoded.Length < 256)
            {
                bytes.Add((byte)encoded.Length);
            }
            else
            {
                WriteInt32(encoded.Length);
            }

            bytes.AddRange(encoded);
        }
    }

    public void Real(double value)
    {
        Span<byte> encoded = stackalloc byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleBigEndian(encoded, value);
        Write('G');
        bytes.AddRange(encoded);
    }

    /// <summary>Writes a tuple of numbers.</summary>
    public void Tuple(ReadOnlySpan<long> values)
    {
        if (values.IsEmpty)
        {
            Write(')');
            return;
        }

        if (values.Length > 3)
        {
            Write('(');
        }

        foreach (long value in values)
        {
            Integer(value);
        }

        Write(values.Length switch { 1 => '\x85', 2 => '\x86', 3 => '\x87', _ => 't' });
        Memoize();
    }

    /// <summary>Puts items into the dict that was written last.</summary>
    /// <param name="items">Each writes its key and its value.</param>
    /// <param name="isPlain">True for a dict, false for an object that is one: CPython writes the last batch of each in another way.</param>
    public void Items(IReadOnlyList<Action> items, bool isPlain)
    {
        for (int start = 0; start < items.Count || (isPlain && start == items.Count && start > 0); start += BatchLength)
        {
            int count = Math.Min(BatchLength, items.Count - start);
            bool isAlone = count == 1 && (!isPlain || items.Count == 1);
            if (!isAlone)
            {
                Write('(');
            }

            for (int i = start; i < start + count; i++)
            {
                items[i]();
            }

            Write(isAlone ? 's' : 'u');
            if (count < BatchLength)
            {
                return;
            }
        }
    }

    private void WriteInt32(int value)
    {
        Span<byte> encoded = stackalloc byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(encoded, value);
        bytes.AddRange(encoded);
    }
}
