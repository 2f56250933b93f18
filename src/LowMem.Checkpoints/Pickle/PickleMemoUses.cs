using System.Buffers.Binary;
using System.Numerics;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Which indexes of the memo a pickle ever asks for. Python's pickler puts nearly every node into the memo and fetches
/// hardly any; what is never fetched need not be kept.
/// </summary>
internal sealed class PickleMemoUses
{
    // What follows an opcode: so many bytes, or one of these.
    private const sbyte NoOpcode = -1;
    private const sbyte Length1 = -2;
    private const sbyte Length4 = -3;
    private const sbyte Length8 = -4;
    private const sbyte Line = -5;
    private const sbyte TwoLines = -6;

    /// <summary>An argument of a fixed length has no more bytes.</summary>
    private const int LongestFixed = 8;

    private static readonly sbyte[] Kinds = CreateKinds();

    private readonly HashSet<long> far = [];
    private ulong[] near = [];

    private PickleMemoUses()
    {
    }

    public bool Contains(long index) => index / 64 < near.Length
        ? (near[index / 64] & (1UL << (int)(index % 64))) != 0
        : far.Contains(index);

    /// <summary>
    /// Goes over the opcodes without carrying them out. Where they make no sense it stops: the machine stops there, too.
    /// </summary>
    /// <param name="input">The pickle.</param>
    /// <param name="source">What it is, for messages.</param>
    /// <param name="cancellationToken">Ends the reading early.</param>
    public static PickleMemoUses Find(IPickleInput input, PickleSource source, CancellationToken cancellationToken)
    {
        var uses = new PickleMemoUses();
        var cursor = new PickleCursor(input, source);
        try
        {
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                uses.PassWindow(cursor, input.Length);
            }
            while (!cursor.AtEnd && uses.TryPass((PickleOpcode)cursor.ReadByte(), cursor, input.Length));
        }
        catch (CheckpointException)
        {
            // Cut off, or cannot be read. Who reads the pickle says so.
        }

        return uses;
    }

    /// <summary>Passes over opcodes as long as they lie whole in the bytes that have been read.</summary>
    private void PassWindow(PickleCursor cursor, long most)
    {
        ReadOnlySpan<byte> bytes = cursor.Peek(1);
        int i = 0;
        while (bytes.Length - i > LongestFixed)
        {
            var opcode = (PickleOpcode)bytes[i];
            sbyte kind = Kinds[(byte)opcode];
            long length = kind;
            switch (kind)
            {
                case Length1:
                    length = 1 + bytes[i + 1];
                    break;
                case Length4:
                    length = 4L + BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i + 1)..]);
                    break;
                case 1 when opcode == PickleOpcode.BinGet:
                    Add(bytes[i + 1], most);
                    break;
                case 4 when opcode == PickleOpcode.LongBinGet:
                    Add(BinaryPrimitives.ReadUInt32LittleEndian(bytes[(i + 1)..]), most);
                    break;
            }

            if (length < 0 || length >= bytes.Length - i || opcode == PickleOpcode.Stop)
            {
                break;
            }

            i += 1 + (int)length;
        }

        cursor.Skip(i);
    }

    /// <summary>Passes over the argument of an opcode; false when it is the last one, or none.</summary>
    private bool TryPass(PickleOpcode opcode, PickleCursor cursor, long most)
    {
        switch (opcode)
        {
            case PickleOpcode.Stop:
                return false;
            case PickleOpcode.BinGet:
                Add(cursor.ReadByte(), most);
                return true;
            case PickleOpcode.LongBinGet:
                Add(cursor.ReadUInt32(), most);
                return true;
            case PickleOpcode.Get:
                if (PickleLines.ParseIndex(cursor.ReadLine()) is { } index)
                {
                    Add(index, most);
                }

                return true;
        }

        sbyte kind = Kinds[(byte)opcode];
        switch (kind)
        {
            case >= 0:
                cursor.Skip(kind);
                return true;
            case Length1:
                cursor.Skip(cursor.ReadByte());
                return true;
            case Length4:
                cursor.Skip(cursor.ReadUInt32());
                return true;
            case Length8:
                cursor.Skip(cursor.ReadUInt64Length());
                return true;
            case Line:
                cursor.ReadLine();
                return true;
            case TwoLines:
                cursor.ReadLine();
                cursor.ReadLine();
                return true;
            default:
                return false;
        }
    }

    /// <summary>An index beyond the number of opcodes is no honest one; it costs an entry, not a long table.</summary>
    private void Add(long index, long most)
    {
        if (index < 0 || index >= most)
        {
            far.Add(index);
            return;
        }

        if (index / 64 >= near.Length)
        {
            Array.Resize(ref near, checked((int)BitOperations.RoundUpToPowerOf2((uint)(index / 64) + 1)));
        }

        near[index / 64] |= 1UL << (int)(index % 64);
    }

    private static sbyte[] CreateKinds()
    {
        var kinds = new sbyte[256];
        Array.Fill(kinds, NoOpcode);
        foreach (var opcode in Enum.GetValues<PickleOpcode>())
        {
            kinds[(byte)opcode] = opcode switch
            {
                PickleOpcode.BinInt1 or PickleOpcode.BinGet or PickleOpcode.BinPut or PickleOpcode.Proto or PickleOpcode.Ext1 => 1,
                PickleOpcode.BinInt2 or PickleOpcode.Ext2 => 2,
                PickleOpcode.BinInt or PickleOpcode.LongBinGet or PickleOpcode.LongBinPut or PickleOpcode.Ext4 => 4,
                PickleOpcode.BinFloat or PickleOpcode.Frame => 8,
                PickleOpcode.ShortBinString or PickleOpcode.ShortBinUnicode or PickleOpcode.ShortBinBytes or PickleOpcode.Long1 => Length1,
                PickleOpcode.BinString or PickleOpcode.BinUnicode or PickleOpcode.BinBytes or PickleOpcode.Long4 => Length4,
                PickleOpcode.BinUnicode8 or PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8 => Length8,
                PickleOpcode.Int or PickleOpcode.Long or PickleOpcode.Float or PickleOpcode.String or PickleOpcode.Unicode
                    or PickleOpcode.PersId or PickleOpcode.Get or PickleOpcode.Put => Line,
                PickleOpcode.Global or PickleOpcode.Inst => TwoLines,
                _ => 0,
            };
        }

        return kinds;
    }
}
