using LowMem.Checkpoints.Formats;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Reads the opcodes that an ordinary tensor is made of without making nodes. What they put into the memo is counted, and
/// kept only where something asks for it later.
/// </summary>
internal sealed class PackedTensorOpcodes(PickleCursor cursor, PickleMemo memo)
{
    /// <summary>How many opcodes have been read.</summary>
    public long Count { get; private set; }

    /// <summary>How many of them put something into the memo.</summary>
    public long PutCount { get; private set; }

    /// <summary>What was put there and is asked for later, by number.</summary>
    public Dictionary<long, PickleScalar> Remembered { get; } = [];

    public void Clear()
    {
        Count = 0;
        PutCount = 0;
        Remembered.Clear();
    }

    /// <summary>A tuple of numbers, as the pickler writes it by its length, and its place in the memo.</summary>
    public int? ReadNumbers(Span<long> numbers)
    {
        var opcode = Next();
        if (opcode == PickleOpcode.EmptyTuple)
        {
            return 0;
        }

        bool isMarked = opcode == PickleOpcode.Mark;
        opcode = isMarked ? Next() : opcode;
        int count = 0;
        while (count < numbers.Length && ReadNumber(opcode) is { } number)
        {
            numbers[count++] = number;
            opcode = Next();
        }

        bool isWhole = isMarked
            ? opcode == PickleOpcode.Tuple
            : (opcode, count) is (PickleOpcode.Tuple1, 1) or (PickleOpcode.Tuple2, 2) or (PickleOpcode.Tuple3, 3);
        return isWhole && Put() ? count : null;
    }

    /// <summary>A number from 0 up; null when the opcode pushes none.</summary>
    public long? ReadNumber(PickleOpcode opcode)
    {
        long number = opcode switch
        {
            PickleOpcode.BinInt1 => cursor.ReadByte(),
            PickleOpcode.BinInt2 => cursor.ReadUInt16(),
            PickleOpcode.BinInt => cursor.ReadInt32(),
            PickleOpcode.Long1 => cursor.ReadInteger(cursor.ReadByte()) is var large && large <= long.MaxValue && large >= 0 ? (long)large : -1,
            _ => -1,
        };
        return number < 0 ? null : number;
    }

    /// <summary>The bytes of a text; false when the opcode pushes none, or a longer one. They hold until the next read.</summary>
    public bool TryReadText(PickleOpcode opcode, int longest, out ReadOnlySpan<byte> text)
    {
        long length = opcode switch
        {
            PickleOpcode.BinUnicode => cursor.ReadUInt32(),
            PickleOpcode.ShortBinUnicode => cursor.ReadByte(),
            _ => long.MaxValue,
        };
        text = length <= longest ? cursor.Take(length) : [];
        return length <= longest;
    }

    /// <summary>The node that the next opcode fetches; null when it is another one.</summary>
    public PickleNode? Get() => Get(Next());

    /// <summary>The node that the opcode fetches; null when it is another one.</summary>
    public PickleNode? Get(PickleOpcode opcode)
    {
        long index = opcode switch
        {
            PickleOpcode.BinGet => cursor.ReadByte(),
            PickleOpcode.LongBinGet => cursor.ReadUInt32(),
            _ => -1,
        };
        return Remembered.Count > 0 && Remembered.TryGetValue(index, out var own) ? own : memo.Get(index);
    }

    /// <summary>Passes over what puts the last thing into the memo; false when something asks for that later.</summary>
    public bool Put() => TryPut(out long? wanted) && wanted is null;

    /// <summary>Passes over what puts the last thing into the memo; false when it is not the next in order.</summary>
    /// <param name="wanted">The number that something asks for later, or null.</param>
    public bool TryPut(out long? wanted)
    {
        wanted = null;
        long next = memo.Count + PutCount;
        long index;
        switch ((PickleOpcode)cursor.PeekByte())
        {
            case PickleOpcode.BinPut:
                _ = Next();
                index = cursor.ReadByte();
                break;
            case PickleOpcode.LongBinPut:
                _ = Next();
                index = cursor.ReadUInt32();
                break;
            case PickleOpcode.Memoize:
                _ = Next();
                index = next;
                break;
            default:
                return true;
        }

        PutCount++;
        wanted = memo.IsWanted(index) ? index : null;
        return index == next;
    }

    /// <summary>The next opcode; a frame only groups the bytes for reading ahead.</summary>
    public PickleOpcode Next()
    {
        var opcode = (PickleOpcode)cursor.ReadByte();
        Count++;
        while (opcode == PickleOpcode.Frame)
        {
            cursor.Skip(sizeof(long));
            opcode = (PickleOpcode)cursor.ReadByte();
            Count++;
        }

        return opcode;
    }
}
