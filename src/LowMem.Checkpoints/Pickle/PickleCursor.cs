using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace LowMem.Checkpoints.Pickle;

/// <summary>Reads opcodes and their arguments; every length is checked against what is left before it is used.</summary>
internal sealed class PickleCursor(IPickleInput input, PickleSource source)
{
    /// <summary>CPython refuses decimal integers of more digits as well (<c>sys.int_info.default_max_str_digits</c>).</summary>
    private const int MaxDecimalDigits = 4300;

    /// <summary>The longest integer taken, in bytes: far above any number a checkpoint holds.</summary>
    private const int MaxIntegerBytes = 1 << 13;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    // An array, since getting at the span of a memory costs more than most opcodes.
    private ArraySegment<byte> window = ArraySegment<byte>.Empty;
    private long windowStart;
    private int position;

    /// <summary>Where the next byte is read, from the start of the pickle.</summary>
    public long Position => windowStart + position;

    public bool AtEnd => position >= window.Count && Position >= input.Length;

    public byte ReadByte() => position < window.Count ? window.Array![window.Offset + position++] : Take(1)[0];

    /// <summary>
    /// The bytes ahead, which stay ahead: at least so many, or all that are left. They hold until the next read.
    /// </summary>
    public ArraySegment<byte> Peek(int wanted)
    {
        if (window.Count - position < wanted && window.Count - position < input.Length - Position)
        {
            MoveWindow(Math.Min(wanted, input.Length - Position));
        }

        return window[position..];
    }

    /// <summary>Passes over bytes, which need not be read for it.</summary>
    public void Skip(long length)
    {
        if (length <= window.Count - position)
        {
            position += (int)length;
        }
        else if (length > input.Length - Position)
        {
            throw PastEnd((ulong)length);
        }
        else
        {
            MoveTo(Position + length);
        }
    }

    /// <summary>Goes on at a place, ahead or back.</summary>
    public void MoveTo(long place)
    {
        if (place >= windowStart && place - windowStart <= window.Count)
        {
            position = (int)(place - windowStart);
        }
        else
        {
            window = ArraySegment<byte>.Empty;
            (windowStart, position) = (place, 0);
        }
    }

    public int ReadUInt16() => BinaryPrimitives.ReadUInt16LittleEndian(Take(2));

    public int ReadInt32() => BinaryPrimitives.ReadInt32LittleEndian(Take(4));

    public long ReadUInt32() => BinaryPrimitives.ReadUInt32LittleEndian(Take(4));

    public double ReadBigEndianDouble() => BinaryPrimitives.ReadDoubleBigEndian(Take(8));

    /// <summary>An unsigned 64-bit length; one that no array could have is reported as running past the end.</summary>
    public long ReadUInt64Length()
    {
        ulong value = BinaryPrimitives.ReadUInt64LittleEndian(Take(8));
        return value <= long.MaxValue ? (long)value : throw PastEnd(value);
    }

    public ReadOnlySpan<byte> Take(long length)
    {
        Require(length);
        var taken = window.AsSpan(position, (int)length);
        position += (int)length;
        return taken;
    }

    /// <summary>Checks that so many bytes are left.</summary>
    /// <exception cref="CheckpointException">They are not.</exception>
    public void Require(long length)
    {
        if (length < 0)
        {
            throw Invalid($"a length is negative ({length})");
        }

        if (length > window.Count - position)
        {
            MoveWindow(length);
        }
    }

    public string ReadUtf8(long length)
    {
        var bytes = Take(length);
        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            // Python writes lone surrogates with "surrogatepass"; .NET has no such mode, so they become U+FFFD.
            return Encoding.UTF8.GetString(bytes);
        }
    }

    /// <summary>A Python-2 byte string: text when it is valid UTF-8, as <c>torch.load</c> decodes it, else bytes.</summary>
    public PickleScalar ReadPython2String(long length)
    {
        var bytes = Take(length);
        try
        {
            return PickleScalar.Of(StrictUtf8.GetString(bytes));
        }
        catch (DecoderFallbackException)
        {
            return PickleScalar.Of(bytes.ToArray());
        }
    }

    public BigInteger ReadInteger(long length)
    {
        if (length > MaxIntegerBytes)
        {
            throw Invalid($"an integer of {length} bytes is more than the {MaxIntegerBytes} read here");
        }

        return new BigInteger(Take(length));
    }

    /// <summary>The bytes up to the next line feed, which is consumed and not returned.</summary>
    public ReadOnlySpan<byte> ReadLine()
    {
        while (true)
        {
            ReadOnlySpan<byte> rest = window.AsSpan(position);
            int end = rest.IndexOf((byte)'\n');
            if (end >= 0)
            {
                position += end + 1;
                return rest[..end];
            }

            long left = input.Length - Position;
            if (rest.Length == left)
            {
                throw PastEnd((ulong)left + 1, "the pickle ends inside a line");
            }

            MoveWindow(Math.Min(left, (2L * rest.Length) + 1));
        }
    }

    public string ReadTextLine() => Encoding.UTF8.GetString(ReadLine()).TrimEnd('\r');

    /// <summary>The argument of INT: <c>00</c> and <c>01</c> are the booleans of protocol 1.</summary>
    public PickleScalar ReadIntLine()
    {
        string text = ReadTextLine();
        return text switch
        {
            "00" => PickleScalar.False,
            "01" => PickleScalar.True,
            _ => PickleScalar.Of(ParseDecimal(text)),
        };
    }

    public PickleScalar ReadLongLine() => PickleScalar.Of(ParseDecimal(ReadTextLine().TrimEnd('L')));

    public PickleScalar ReadFloatLine()
    {
        string text = ReadTextLine();
        return PickleText.TryParseFloat(text, out double value)
            ? PickleScalar.Of(value)
            : throw Invalid($"'{PickleText.Shorten(text)}' is not a number");
    }

    public PickleScalar ReadQuotedLine()
    {
        byte[] bytes = PickleText.Unquote(ReadLine()) ?? throw Invalid("a string is not in quotes");
        try
        {
            return PickleScalar.Of(StrictUtf8.GetString(bytes));
        }
        catch (DecoderFallbackException)
        {
            return PickleScalar.Of(bytes);
        }
    }

    public PickleScalar ReadUnicodeLine() => PickleScalar.Of(PickleText.DecodeRawUnicodeEscape(ReadLine()));

    public long ReadIndexLine()
    {
        string text = ReadTextLine();
        return long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out long index) && index >= 0
            ? index
            : throw Invalid($"'{PickleText.Shorten(text)}' is not a memo index");
    }

    public CheckpointException Invalid(string message) =>
        source.Error(CheckpointErrorIds.FormatInvalid, Position, message);

    private BigInteger ParseDecimal(string text)
    {
        if (text.Length > MaxDecimalDigits)
        {
            throw Invalid($"an integer of {text.Length} digits is more than the {MaxDecimalDigits} read here");
        }

        return BigInteger.TryParse(
            text.Trim(),
            System.Globalization.NumberStyles.AllowLeadingSign,
            System.Globalization.CultureInfo.InvariantCulture,
            out var value)
            ? value
            : throw Invalid($"'{PickleText.Shorten(text)}' is not an integer");
    }

    private void MoveWindow(long atLeast)
    {
        if (atLeast > input.Length - Position)
        {
            throw PastEnd((ulong)atLeast);
        }

        windowStart = Position;
        position = 0;
        window = input.Read(windowStart, atLeast);
    }

    private CheckpointException PastEnd(ulong length) =>
        PastEnd(length, $"{length} bytes are announced but only {input.Length - Position} are left");

    /// <summary>The error for a pickle that ends before so many more bytes.</summary>
    public CheckpointException PastEnd(ulong length, string message) =>
        source.EndError(Position, input.Length, (UInt128)Position + length, message);
}
