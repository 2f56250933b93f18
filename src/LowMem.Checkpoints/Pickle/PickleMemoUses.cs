using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

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
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static PickleMemoUses Find(ReadOnlySpan<byte> pickle)
    {
        var uses = new PickleMemoUses();
        long most = pickle.Length;
        while (!pickle.IsEmpty)
        {
            var opcode = (PickleOpcode)pickle[0];
            pickle = pickle[1..];
            if (opcode == PickleOpcode.Stop || ArgumentLength(opcode, pickle) is not { } length || length > pickle.Length)
            {
                break;
            }

            uses.Note(opcode, pickle[..(int)length], most);
            pickle = pickle[(int)length..];
        }

        return uses;
    }

    private void Note(PickleOpcode opcode, ReadOnlySpan<byte> argument, long most)
    {
        switch (opcode)
        {
            case PickleOpcode.BinGet:
                Add(argument[0], most);
                break;
            case PickleOpcode.LongBinGet:
                Add(BinaryPrimitives.ReadUInt32LittleEndian(argument), most);
                break;
            case PickleOpcode.Get when long.TryParse(Encoding.UTF8.GetString(argument), CultureInfo.InvariantCulture, out long index):
                Add(index, most);
                break;
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

    /// <summary>The bytes that follow an opcode; null when they are cut off, or the opcode does not exist.</summary>
    private static long? ArgumentLength(PickleOpcode opcode, ReadOnlySpan<byte> rest)
    {
        sbyte kind = Kinds[(byte)opcode];
        switch (kind)
        {
            case >= 0:
                return kind;
            case Length1:
                return rest.IsEmpty ? null : 1L + rest[0];
            case Length4:
                return rest.Length < 4 ? null : 4L + BinaryPrimitives.ReadUInt32LittleEndian(rest);
            case Length8:
                return rest.Length < 8 || BinaryPrimitives.ReadUInt64LittleEndian(rest) > int.MaxValue
                    ? null
                    : 8L + BinaryPrimitives.ReadUInt32LittleEndian(rest);
            case Line:
                return LineLength(rest);
            case TwoLines:
                return LineLength(rest) is { } first && LineLength(rest[(int)first..]) is { } second ? first + second : null;
            default:
                return null;
        }
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

    private static long? LineLength(ReadOnlySpan<byte> rest)
    {
        int end = rest.IndexOf((byte)'\n');
        return end < 0 ? null : end + 1;
    }
}
