namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Reads the opcodes that an ordinary tensor is made of without making nodes. What they put into the memo is counted, and
/// kept only where something asks for it later. Works on the bytes of one row at a time, so that no opcode costs more than
/// looking at it; where they end too early an opcode comes that does not exist.
/// </summary>
internal sealed class PackedTensorOpcodes(PickleCursor cursor, PickleMemo memo)
{
    /// <summary>No row is longer; one that is gets no farther than here.</summary>
    private const int LongestRow = 8192;

    private const PickleOpcode NoOpcode = default;

    private byte[] bytes = [];
    private int start;
    private int position;
    private int end;
    private long nextPut;

    // Where the frame ends, among all bytes and among those at hand; beyond them when there is none.
    private long frameEnd;
    private long frameLimit;

    /// <summary>How many opcodes put something into the memo.</summary>
    public long PutCount => nextPut - memo.Count;

    /// <summary>What was put there and is asked for later, by number.</summary>
    public Dictionary<long, PickleScalar> Remembered { get; } = [];

    /// <summary>Begins at the place that the cursor has reached.</summary>
    public void Begin()
    {
        nextPut = memo.Count;
        Remembered.Clear();
        (start, position, end) = (0, 0, 0);
        frameEnd = cursor.FrameEnd;
        BeginRow();
    }

    /// <summary>Makes sure that the bytes of a row are there, as far as the pickle has them.</summary>
    public void BeginRow()
    {
        if (end - position < LongestRow)
        {
            Finish();
            var window = cursor.Peek(LongestRow);
            (bytes, start, end) = (window.Array!, window.Offset, window.Offset + window.Count);
            position = start;
            SetFrameLimit();
        }
    }

    /// <summary>Moves the cursor behind what has been read.</summary>
    public void Finish()
    {
        cursor.Skip(position - start);
        cursor.GoOnInFrame(frameEnd);
        start = position;
    }

    /// <summary>The next opcode that does something: not FRAME. None where a frame does not end between two opcodes.</summary>
    public PickleOpcode Next()
    {
        if (position >= frameLimit && !TryLeaveFrame())
        {
            return NoOpcode;
        }

        var opcode = position < end ? (PickleOpcode)bytes[position++] : NoOpcode;
        return opcode == PickleOpcode.Frame ? NextInFrame() : opcode;
    }

    /// <summary>The node that the next opcode fetches; null when it is another one.</summary>
    public PickleNode? Get() => Get(Next());

    /// <summary>The node that the opcode fetches; null when it is another one.</summary>
    public PickleNode? Get(PickleOpcode opcode)
    {
        long index = opcode switch
        {
            PickleOpcode.BinGet => Read(sizeof(byte)),
            PickleOpcode.LongBinGet => Read(sizeof(uint)),
            _ => -1,
        };
        return Remembered.Count > 0 && Remembered.TryGetValue(index, out var own) ? own : memo.Get(index);
    }

    /// <summary>Passes over what puts the last thing into the memo; false when something asks for that later.</summary>
    public bool Put() => TryPut(out bool isWanted) && !isWanted;

    /// <summary>Passes over what puts the last thing into the memo; false when its number is not the next one.</summary>
    /// <param name="isWanted">Whether something asks for it later.</param>
    public bool TryPut(out bool isWanted)
    {
        isWanted = false;
        if (position >= frameLimit && !TryLeaveFrame())
        {
            return false;
        }

        long index;
        switch (position < end ? (PickleOpcode)bytes[position] : NoOpcode)
        {
            case PickleOpcode.BinPut:
                position++;
                index = Read(sizeof(byte));
                break;
            case PickleOpcode.LongBinPut:
                position++;
                index = Read(sizeof(uint));
                break;
            case PickleOpcode.Memoize:
                position++;
                index = nextPut;
                break;
            default:
                return true;
        }

        isWanted = memo.IsWanted(index);
        return index == nextPut++;
    }

    /// <summary>Keeps the text that was put last.</summary>
    public void Remember(string text) => Remembered[nextPut - 1] = PickleScalar.Of(text);

    /// <summary>The bytes of a text; false when the opcode pushes none, or a longer one.</summary>
    public bool TryReadText(PickleOpcode opcode, int longest, out ReadOnlySpan<byte> text)
    {
        long length = opcode switch
        {
            PickleOpcode.BinUnicode => Read(sizeof(uint)),
            PickleOpcode.ShortBinUnicode => Read(sizeof(byte)),
            _ => -1,
        };
        if (length < 0 || length > Math.Min(longest, end - position))
        {
            text = [];
            return false;
        }

        text = bytes.AsSpan(position, (int)length);
        position += (int)length;
        return true;
    }

    /// <summary>A number from 0 up; -1 when the opcode pushes none.</summary>
    public long ReadNumber(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.BinInt1:
                return Read(sizeof(byte));
            case PickleOpcode.BinInt2:
                return Read(sizeof(ushort));
            case PickleOpcode.BinInt:
                long number = Read(sizeof(uint));
                return number <= int.MaxValue ? number : -1;
            case PickleOpcode.Long1:
                return Read((int)Math.Max(0, Read(sizeof(byte))));
            default:
                return -1;
        }
    }

    /// <summary>A tuple of numbers, as the pickler writes it by its length, and its place in the memo; -1 when it is none.</summary>
    public int ReadNumbers(Span<long> numbers)
    {
        var opcode = Next();
        if (opcode == PickleOpcode.EmptyTuple)
        {
            return 0;
        }

        bool isMarked = opcode == PickleOpcode.Mark;
        opcode = isMarked ? Next() : opcode;
        int count = 0;
        while (count < numbers.Length && ReadNumber(opcode) is >= 0 and var number)
        {
            numbers[count++] = number;
            opcode = Next();
        }

        bool isWhole = isMarked
            ? opcode == PickleOpcode.Tuple
            : (opcode, count) is (PickleOpcode.Tuple1, 1) or (PickleOpcode.Tuple2, 2) or (PickleOpcode.Tuple3, 3);
        return isWhole && Put() ? count : -1;
    }

    /// <summary>A little-endian number of some bytes; -1 when they are not there, or it is negative.</summary>
    private long Read(int length)
    {
        if (length > Math.Min(sizeof(long), end - position))
        {
            return -1;
        }

        long number = 0;
        for (int i = length - 1; i >= 0; i--)
        {
            number = (number << 8) | bytes[position + i];
        }

        position += length;
        return number;
    }

    private void SetFrameLimit()
    {
        long fromHere = frameEnd - cursor.Position;
        frameLimit = frameEnd == PickleCursor.NoFrame ? long.MaxValue : position + fromHere;
    }

    /// <summary>False when the opcode before ran over the end of its frame, which the machine then refuses.</summary>
    private bool TryLeaveFrame()
    {
        if (position > frameLimit)
        {
            return false;
        }

        (frameEnd, frameLimit) = (PickleCursor.NoFrame, long.MaxValue);
        return true;
    }

    /// <summary>The opcode behind the argument of FRAME; none when the frame is not as it should be.</summary>
    private PickleOpcode NextInFrame()
    {
        long length = Read(sizeof(long));
        if (frameLimit != long.MaxValue || length <= 0 || length > cursor.Left - (position - start))
        {
            return NoOpcode;
        }

        frameLimit = position + length;
        frameEnd = cursor.Position + (frameLimit - start);
        var opcode = position < end ? (PickleOpcode)bytes[position++] : NoOpcode;
        return opcode == PickleOpcode.Frame ? NoOpcode : opcode;
    }
}
