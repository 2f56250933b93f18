using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Reads the opcodes of a <see cref="PicklePattern"/> without making nodes. What they put into the memo is counted, and
/// what they cost is summed up, just as if they had been carried out one by one.
/// </summary>
internal sealed class PickleRun(PickleCursor cursor, PickleMemo memo)
{
    /// <summary>No call has more numbers; one that has is read one by one.</summary>
    private const int MostNumbers = 64;

    /// <summary>More than all opcodes of a pattern take; one that runs over a frame's end is read one by one.</summary>
    private const int MostBytes = 2048;

    /// <summary>So many digits fit 64 bits.</summary>
    private const int MostDigits = 18;

    private const PickleOpcode NoOpcode = default;

    private PickleNode[] nodes = [];
    private readonly long[] numbers = new long[MostNumbers];
    private int nodeCount;
    private int numberCount;
    private int position;
    private long nextIndex;
    private int puts;
    private bool isBehindMark;

    // Text of digits that was read last, as long as a PUT would put it, and which was put.
    private long digits;
    private (int Index, long Number)? putDigits;

    /// <summary>The nodes that the pattern leaves open.</summary>
    public ReadOnlySpan<PickleNode> Nodes => nodes.AsSpan(0, nodeCount);

    /// <summary>The numbers that the pattern leaves open.</summary>
    public ReadOnlySpan<long> Numbers => numbers.AsSpan(0, numberCount);

    /// <summary>How many opcodes were read.</summary>
    public int OpcodeCount { get; private set; }

    /// <summary>What <see cref="PickleHeap"/> charges for them.</summary>
    public long Cost { get; private set; }

    /// <summary>Reads from where the cursor is, which stays there; false when something else is there.</summary>
    public bool TryRead(PicklePattern pattern)
    {
        if (!memo.IsInOrder)
        {
            return false;
        }

        (nodeCount, numberCount, position, puts, OpcodeCount) = (0, 0, 0, 0, 0);
        nextIndex = memo.Count;
        Cost = pattern.FixedCost;
        (digits, putDigits, isBehindMark) = (-1, null, false);
        if (nodes.Length < pattern.NodeCount)
        {
            nodes = new PickleNode[pattern.NodeCount];
        }

        var bytes = cursor.Peek(MostBytes);
        foreach (var step in pattern.Steps)
        {
            if (!TryRead(step, Next(bytes), bytes))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Passes over what was read, and puts it into the memo.</summary>
    public void Finish()
    {
        cursor.Skip(position);
        memo.Pass(puts, putDigits);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryRead(PickleStep step, PickleOpcode opcode, ReadOnlySpan<byte> bytes)
    {
        switch (step)
        {
            case PickleStep.Mark:
                isBehindMark = true;
                return opcode == PickleOpcode.Mark;
            case PickleStep.Node:
                return (nodes[nodeCount++] = Get(opcode, bytes)!) is not null;
            case PickleStep.Digits:
                return TryAdd(ReadDigits(opcode, bytes));
            case PickleStep.Number:
                return TryAdd(ReadNumber(opcode, bytes));
            case PickleStep.Numbers:
                return TryReadNumbers(opcode, bytes);
            case PickleStep.Flag:
                Cost += PickleHeap.SlotCost;
                return TryAdd(opcode switch { PickleOpcode.NewTrue => 1, PickleOpcode.NewFalse => 0, _ => -1 });
            default:
                return opcode == (PickleOpcode)step;
        }
    }

    /// <summary>The next opcode that does something but put what there is into the memo.</summary>
    private PickleOpcode Next(ReadOnlySpan<byte> bytes)
    {
        while (position < bytes.Length)
        {
            OpcodeCount++;
            var opcode = (PickleOpcode)bytes[position++];
            long index;
            switch (opcode)
            {
                case PickleOpcode.BinPut:
                    index = ReadUnsigned(bytes, 1);
                    break;
                case PickleOpcode.LongBinPut:
                    index = ReadUnsigned(bytes, 4);
                    break;
                case PickleOpcode.Memoize:
                    index = nextIndex;
                    break;
                default:
                    digits = -1;
                    isBehindMark = false;
                    return opcode;
            }

            if (index != nextIndex || isBehindMark)
            {
                return NoOpcode;
            }

            if (digits >= 0)
            {
                putDigits = ((int)index, digits);
            }

            puts++;
            nextIndex++;
            Cost += PickleHeap.PutCost;
        }

        return NoOpcode;
    }

    /// <summary>A number of 1, 2 or 4 bytes; -1 when fewer are left.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private long ReadUnsigned(ReadOnlySpan<byte> bytes, int length)
    {
        if (length > bytes.Length - position)
        {
            return -1;
        }

        var number = bytes.Slice(position, length);
        position += length;
        return length switch
        {
            1 => number[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(number),
            _ => BinaryPrimitives.ReadUInt32LittleEndian(number),
        };
    }

    private PickleNode? Get(PickleOpcode opcode, ReadOnlySpan<byte> bytes)
    {
        Cost += PickleHeap.SlotCost;
        long index = opcode switch
        {
            PickleOpcode.BinGet => ReadUnsigned(bytes, 1),
            PickleOpcode.LongBinGet => ReadUnsigned(bytes, 4),
            _ => -1,
        };
        var node = index < 0 ? null : memo.Get(index);
        return node == PickleMemo.NotMade ? null : node;
    }

    /// <summary>The number that a text says, as it is or by way of the memo; -1 when it is none.</summary>
    private long ReadDigits(PickleOpcode opcode, ReadOnlySpan<byte> bytes)
    {
        long length;
        switch (opcode)
        {
            case PickleOpcode.BinUnicode:
                length = ReadUnsigned(bytes, 4);
                break;
            case PickleOpcode.ShortBinUnicode:
                length = ReadUnsigned(bytes, 1);
                break;
            default:
                return Get(opcode, bytes) is PickleScalar { Value: string { Length: <= MostDigits } known }
                    && long.TryParse(known, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    && PickleScalar.OfDigits(number).Value!.Equals(known)
                        ? number
                        : -1;
        }

        if (length is <= 0 or > MostDigits || length > bytes.Length - position)
        {
            return -1;
        }

        Cost += PickleHeap.NodeCost + (2 * length);
        var text = bytes.Slice(position, (int)length);
        position += (int)length;
        long value = 0;
        foreach (byte digit in text)
        {
            if (digit is < (byte)'0' or > (byte)'9')
            {
                return -1;
            }

            value = (10 * value) + (digit - '0');
        }

        // A zero in front would be lost.
        return digits = length > 1 && text[0] == (byte)'0' ? -1 : value;
    }

    private long ReadNumber(PickleOpcode opcode, ReadOnlySpan<byte> bytes)
    {
        Cost += PickleScalarReader.CostOf(opcode);
        switch (opcode)
        {
            case PickleOpcode.BinInt1:
                return ReadUnsigned(bytes, 1);
            case PickleOpcode.BinInt2:
                return ReadUnsigned(bytes, 2);
            case PickleOpcode.BinInt:
                return ReadUnsigned(bytes, 4) is <= int.MaxValue and var number ? number : -1;
            case PickleOpcode.Long1:
                return ReadLong(ReadUnsigned(bytes, 1), bytes);
            default:
                return -1;
        }
    }

    /// <summary>A number of up to eight bytes, of which the last has the sign.</summary>
    private long ReadLong(long length, ReadOnlySpan<byte> bytes)
    {
        if (length is < 0 or > sizeof(long) || length > bytes.Length - position)
        {
            return -1;
        }

        long number = 0;
        for (int i = (int)length - 1; i >= 0; i--)
        {
            number = (number << 8) | bytes[position + i];
        }

        position += (int)length;
        return length == 0 || bytes[position - 1] < 0x80 ? number : -1;
    }

    /// <summary>As the pickler writes a tuple, by its length.</summary>
    private bool TryReadNumbers(PickleOpcode opcode, ReadOnlySpan<byte> bytes)
    {
        int count = numberCount;
        if (!TryAdd(0))
        {
            return false;
        }

        if (opcode == PickleOpcode.EmptyTuple)
        {
            Cost += PickleHeap.SlotCost;
            return true;
        }

        bool isMarked = opcode == PickleOpcode.Mark;
        if (isMarked)
        {
            Cost += PickleHeap.SlotCost;
            isBehindMark = true;
            opcode = Next(bytes);
        }

        int length = 0;
        while (opcode is PickleOpcode.BinInt1 or PickleOpcode.BinInt2 or PickleOpcode.BinInt or PickleOpcode.Long1)
        {
            if (!TryAdd(ReadNumber(opcode, bytes)))
            {
                return false;
            }

            length++;
            opcode = Next(bytes);
        }

        Cost += PickleHeap.TupleCost(length);
        numbers[count] = length;
        return isMarked
            ? opcode == PickleOpcode.Tuple
            : (opcode, length) is (PickleOpcode.Tuple1, 1) or (PickleOpcode.Tuple2, 2) or (PickleOpcode.Tuple3, 3);
    }

    private bool TryAdd(long number)
    {
        if (number < 0 || numberCount == MostNumbers)
        {
            return false;
        }

        numbers[numberCount++] = number;
        return true;
    }
}
