using System.Globalization;
using System.Runtime.CompilerServices;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Reads the opcodes of a <see cref="PicklePattern"/> without making nodes. What they put into the memo is counted, and
/// what they cost is summed up, just as if they had been carried out one by one.
/// </summary>
internal sealed class PickleRun(PickleCursor cursor, PickleMemo memo)
{
    /// <summary>No call has more numbers; one that has is read one by one.</summary>
    private const int MostNumbers = 64;

    /// <summary>So many digits fit 64 bits.</summary>
    private const int MostDigits = 18;

    private const PickleOpcode NoOpcode = default;

    private PickleNode[] nodes = [];
    private readonly long[] numbers = new long[MostNumbers];
    private int nodeCount;
    private int numberCount;
    private long start;
    private long frameEnd;
    private int puts;
    private bool isBehindMark;

    // Text of digits that was read last, as long as a PUT would put it, and which was put.
    private long digits;
    private (long Index, long Number)? putDigits;

    /// <summary>The nodes that the pattern leaves open.</summary>
    public ReadOnlySpan<PickleNode> Nodes => nodes.AsSpan(0, nodeCount);

    /// <summary>The numbers that the pattern leaves open.</summary>
    public ReadOnlySpan<long> Numbers => numbers.AsSpan(0, numberCount);

    /// <summary>How many opcodes were read.</summary>
    public int OpcodeCount { get; private set; }

    /// <summary>What <see cref="PickleHeap"/> charges for them.</summary>
    public long Cost { get; private set; }

    /// <summary>Reads from where the cursor is; false when something else is there. Then <see cref="Undo"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public bool TryRead(PicklePattern pattern)
    {
        (start, frameEnd) = (cursor.Position, cursor.FrameEnd);
        (nodeCount, numberCount, puts, OpcodeCount) = (0, 0, 0, 0);
        Cost = pattern.FixedCost;
        (digits, putDigits, isBehindMark) = (-1, null, false);
        if (nodes.Length < pattern.NodeCount)
        {
            nodes = new PickleNode[pattern.NodeCount];
        }

        if (!memo.IsInOrder)
        {
            return false;
        }

        try
        {
            foreach (var step in pattern.Steps)
            {
                if (!TryRead(step, Next()))
                {
                    return false;
                }
            }

            return true;
        }
        catch (CheckpointException)
        {
            // The machine gets there, too, and says what is wrong.
            return false;
        }
    }

    /// <summary>Puts into the memo what was read.</summary>
    public void Finish() => memo.Pass(puts, putDigits);

    /// <summary>Goes back to where the run began.</summary>
    public void Undo()
    {
        cursor.MoveTo(start);
        cursor.GoOnInFrame(frameEnd);
    }

    private bool TryRead(PickleStep step, PickleOpcode opcode)
    {
        switch (step)
        {
            case PickleStep.Mark:
                isBehindMark = true;
                return opcode == PickleOpcode.Mark;
            case PickleStep.Node:
                return (nodes[nodeCount++] = Get(opcode)!) is not null;
            case PickleStep.Digits:
                return TryAdd(ReadDigits(opcode));
            case PickleStep.Number:
                return TryAdd(ReadNumber(opcode));
            case PickleStep.Numbers:
                return TryReadNumbers(opcode);
            case PickleStep.Flag:
                Cost += PickleHeap.SlotCost;
                return TryAdd(opcode switch { PickleOpcode.NewTrue => 1, PickleOpcode.NewFalse => 0, _ => -1 });
            default:
                return opcode == (PickleOpcode)step;
        }
    }

    /// <summary>The next opcode that does something but put what there is into the memo.</summary>
    private PickleOpcode Next()
    {
        while (true)
        {
            OpcodeCount++;
            if (cursor.IsInFrame)
            {
                cursor.LeaveFrame();
            }

            if (cursor.AtEnd)
            {
                return NoOpcode;
            }

            var opcode = (PickleOpcode)cursor.ReadByte();
            long index = memo.Count + puts;
            bool isNext;
            switch (opcode)
            {
                case PickleOpcode.BinPut:
                    isNext = cursor.ReadByte() == index;
                    break;
                case PickleOpcode.LongBinPut:
                    isNext = cursor.ReadUInt32() == index;
                    break;
                case PickleOpcode.Memoize:
                    isNext = true;
                    break;
                default:
                    digits = -1;
                    isBehindMark = false;
                    return opcode;
            }

            if (!isNext || isBehindMark)
            {
                return NoOpcode;
            }

            if (digits >= 0)
            {
                putDigits = (index, digits);
            }

            puts++;
            Cost += PickleHeap.PutCost;
        }
    }

    private PickleNode? Get(PickleOpcode opcode)
    {
        Cost += PickleHeap.SlotCost;
        var node = opcode switch
        {
            PickleOpcode.BinGet => memo.Get(cursor.ReadByte()),
            PickleOpcode.LongBinGet => memo.Get(cursor.ReadUInt32()),
            _ => null,
        };
        return node == PickleMemo.NotMade ? null : node;
    }

    /// <summary>The number that a text says, as it is or by way of the memo; -1 when it is none.</summary>
    private long ReadDigits(PickleOpcode opcode)
    {
        long length;
        switch (opcode)
        {
            case PickleOpcode.BinUnicode:
                length = cursor.ReadUInt32();
                break;
            case PickleOpcode.ShortBinUnicode:
                length = cursor.ReadByte();
                break;
            default:
                return Get(opcode) is PickleScalar { Value: string { Length: <= MostDigits } known }
                    && long.TryParse(known, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
                    && PickleScalar.OfDigits(number).Value!.Equals(known)
                        ? number
                        : -1;
        }

        if (length is 0 or > MostDigits)
        {
            return -1;
        }

        Cost += PickleHeap.NodeCost + (2 * length);
        var text = cursor.Take(length);
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

    private long ReadNumber(PickleOpcode opcode)
    {
        Cost += PickleScalarReader.CostOf(opcode);
        switch (opcode)
        {
            case PickleOpcode.BinInt1:
                return cursor.ReadByte();
            case PickleOpcode.BinInt2:
                return cursor.ReadUInt16();
            case PickleOpcode.BinInt:
                return cursor.ReadInt32();
            case PickleOpcode.Long1:
                var bytes = cursor.Take(cursor.ReadByte());
                long number = 0;
                for (int i = bytes.Length - 1; i >= 0; i--)
                {
                    number = (number << 8) | bytes[i];
                }

                return bytes.Length <= sizeof(long) && (bytes.Length == 0 || bytes[^1] < 0x80) ? number : -1;
            default:
                return -1;
        }
    }

    /// <summary>As the pickler writes a tuple, by its length.</summary>
    private bool TryReadNumbers(PickleOpcode opcode)
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
            opcode = Next();
        }

        int length = 0;
        while (opcode is PickleOpcode.BinInt1 or PickleOpcode.BinInt2 or PickleOpcode.BinInt or PickleOpcode.Long1)
        {
            if (!TryAdd(ReadNumber(opcode)))
            {
                return false;
            }

            length++;
            opcode = Next();
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
