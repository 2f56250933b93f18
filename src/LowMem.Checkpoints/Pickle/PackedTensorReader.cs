using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace LowMem.Checkpoints.Pickle;

/// <summary>
/// Reads the entries of a state dict straight into <see cref="PackedTensorRows"/>: what Python's pickler writes for a
/// tensor in a dict is always the same thirty opcodes, and the nodes that they stand for need not be made. Anything else is
/// left to the <see cref="PickleMachine"/>, from the start, so that there is one place that knows what opcodes mean.
/// </summary>
internal sealed class PackedTensorReader(PickleCursor cursor, PickleHeap heap, PickleMemo memo)
{
    /// <summary>Fewer rows are not worth a table of their own.</summary>
    private const int FewestRows = 16;

    private const int MostRows = 1 << 16;

    /// <summary>No key of a state dict is longer, and those of all rows together fit an array.</summary>
    private const int LongestKey = 4096;

    /// <summary>So many digits fit 64 bits.</summary>
    private const int MostDigits = 18;

    /// <summary>No model has a tensor with more.</summary>
    private const int MostDimensions = 16;

    /// <summary>A row has a few more opcodes; what walks the tree is bounded by it.</summary>
    private const int OpcodesPerRow = 20;

    /// <summary>What a row takes, and its part of the tables in which rows are gathered.</summary>
    private const int RowCost = 96;

    private readonly Dictionary<int, PackedTensorTemplate> templates = [];
    private readonly List<PackedTensorRow> rows = [];
    private readonly List<byte> keys = [];

    private readonly long[] shape = new long[MostDimensions];
    private readonly long[] stride = new long[MostDimensions];
    private readonly PackedTensorOpcodes opcodes = new(cursor, memo);
    private PackedTensorTemplate? last;

    /// <summary>
    /// Reads what follows a MARK up to its SETITEMS. Where that is anything but a good number of ordinary tensors, nothing
    /// has been read.
    /// </summary>
    /// <param name="read">The entries.</param>
    /// <param name="opcodeCount">How many opcodes they took.</param>
    public bool TryRead([NotNullWhen(true)] out PackedTensorRows? read, out long opcodeCount)
    {
        read = null;
        opcodeCount = 0;
        if (!memo.IsInOrder)
        {
            return false;
        }

        var (start, frameEnd) = (cursor.Position, cursor.FrameEnd);
        rows.Clear();
        keys.Clear();
        opcodes.Begin();
        if (!ReadRows() || rows.Count < FewestRows)
        {
            cursor.MoveTo(start);
            cursor.GoOnInFrame(frameEnd);
            return false;
        }

        opcodes.Finish();
        heap.Charge(((long)rows.Count * RowCost) + keys.Count + ((long)opcodes.Remembered.Count * PickleHeap.NodeCost));
        memo.Pass(opcodes.PutCount, opcodes.Remembered);
        opcodeCount = (long)rows.Count * OpcodesPerRow;
        read = new PackedTensorRows([.. rows], [.. keys]);
        return true;
    }

    private bool ReadRows()
    {
        for (var opcode = opcodes.Next(); opcode != PickleOpcode.SetItems; opcode = opcodes.Next())
        {
            if (rows.Count == MostRows || !ReadKey(opcode) || !ReadTensor())
            {
                return false;
            }

            opcodes.BeginRow();
        }

        return true;
    }

    /// <summary>A text in which no pickle can hide; by way of the memo when an earlier dict had the same key.</summary>
    private bool ReadKey(PickleOpcode opcode)
    {
        if (opcode is PickleOpcode.BinGet or PickleOpcode.LongBinGet)
        {
            return opcodes.Get(opcode) is PickleScalar { Value: string known } && AddKey(Encoding.UTF8.GetBytes(known));
        }

        if (!opcodes.TryReadText(opcode, LongestKey, out var text) || !AddKey(text) || !opcodes.TryPut(out bool isWanted))
        {
            return false;
        }

        if (isWanted)
        {
            opcodes.Remember(Encoding.ASCII.GetString(text));
        }

        return true;
    }

    private bool AddKey(ReadOnlySpan<byte> text)
    {
        if (text.Length is 0 or > LongestKey || !Ascii.IsValid(text) || text.Contains((byte)'\n') || EncodedPickles.MayHold(text))
        {
            return false;
        }

        CollectionsMarshal.SetCount(keys, keys.Count + text.Length);
        text.CopyTo(CollectionsMarshal.AsSpan(keys)[^text.Length..]);
        return true;
    }

    /// <summary><c>_rebuild_tensor_v2((storage), offset, shape, stride, requires_grad, OrderedDict())</c>.</summary>
    private bool ReadTensor()
    {
        if (opcodes.Get() is not PickleGlobal { FullName: PackedTensorTemplate.RebuildName } rebuild
            || opcodes.Next() != PickleOpcode.Mark
            || opcodes.Next() != PickleOpcode.Mark
            || opcodes.Get() is not PickleScalar { Value: PackedTensorTemplate.StorageTag }
            || opcodes.Get() is not PickleGlobal storageClass
            || ReadStorageKey() is not (>= 0 and var storage)
            || opcodes.Get() is not PickleScalar location
            || opcodes.ReadNumber(opcodes.Next()) is not (>= 0 and var storageCount)
            || opcodes.Next() != PickleOpcode.Tuple
            || !opcodes.Put()
            || opcodes.Next() != PickleOpcode.BinPersId
            || opcodes.ReadNumber(opcodes.Next()) is not (>= 0 and var offset)
            || opcodes.ReadNumbers(shape) is not (>= 0 and var dimensions)
            || opcodes.ReadNumbers(stride) is not (>= 0 and var steps)
            || opcodes.Next() is var flag && flag is not (PickleOpcode.NewTrue or PickleOpcode.NewFalse)
            || opcodes.Get() is not PickleGlobal { FullName: PackedTensorTemplate.HooksClass }
            || opcodes.Next() != PickleOpcode.EmptyTuple
            || opcodes.Next() != PickleOpcode.Reduce
            || !opcodes.Put()
            || opcodes.Next() != PickleOpcode.Tuple
            || !opcodes.Put()
            || opcodes.Next() != PickleOpcode.Reduce
            || !opcodes.Put())
        {
            return false;
        }

        var template = GetTemplate(
            (rebuild, storageClass, location, flag == PickleOpcode.NewTrue),
            storageCount,
            shape.AsSpan(0, dimensions),
            stride.AsSpan(0, steps));
        rows.Add(new PackedTensorRow(template, storage, offset, keys.Count));
        return true;
    }

    private PackedTensorTemplate GetTemplate(
        (PickleGlobal Rebuild, PickleGlobal StorageClass, PickleScalar Location, bool RequiresGrad) call,
        long storageCount,
        ReadOnlySpan<long> sizes,
        ReadOnlySpan<long> steps)
    {
        if (last is not null && IsLike(last, call, storageCount, sizes, steps))
        {
            return last;
        }

        var hash = new HashCode();
        hash.Add(storageCount);
        hash.AddBytes(MemoryMarshal.AsBytes(sizes));
        hash.AddBytes(MemoryMarshal.AsBytes(steps));
        ref var template = ref CollectionsMarshal.GetValueRefOrAddDefault(templates, hash.ToHashCode(), out _);
        if (template is null || !IsLike(template, call, storageCount, sizes, steps))
        {
            heap.Charge((2 * PickleHeap.NodeCost) + (sizeof(long) * (long)(sizes.Length + steps.Length)));
            template = new PackedTensorTemplate(
                call.Rebuild, call.StorageClass, call.Location, storageCount, [.. sizes], [.. steps], call.RequiresGrad);
        }

        return last = template;
    }

    private static bool IsLike(
        PackedTensorTemplate template,
        (PickleGlobal Rebuild, PickleGlobal StorageClass, PickleScalar Location, bool RequiresGrad) call,
        long storageCount,
        ReadOnlySpan<long> sizes,
        ReadOnlySpan<long> steps) =>
        template.Rebuild == call.Rebuild
        && template.StorageClass == call.StorageClass
        && template.Location == call.Location
        && template.RequiresGrad == call.RequiresGrad
        && template.StorageCount == storageCount
        && sizes.SequenceEqual(template.Shape)
        && steps.SequenceEqual(template.Stride);

    /// <summary>The number that names a storage, as it is or, when an earlier tensor had it, by way of the memo; else -1.</summary>
    private long ReadStorageKey()
    {
        var opcode = opcodes.Next();
        if (opcode is PickleOpcode.BinGet or PickleOpcode.LongBinGet)
        {
            return opcodes.Get(opcode) is PickleScalar { Value: string known } ? ToNumber(Encoding.UTF8.GetBytes(known)) : -1;
        }

        if (!opcodes.TryReadText(opcode, MostDigits, out var text)
            || ToNumber(text) is not (>= 0 and var number)
            || !opcodes.TryPut(out bool isWanted))
        {
            return -1;
        }

        if (isWanted)
        {
            opcodes.Remember(Encoding.ASCII.GetString(text));
        }

        return number;
    }

    /// <summary>The number of a text that is just what the number would be written as, so that it can stand for it; else -1.</summary>
    private static long ToNumber(ReadOnlySpan<byte> text) =>
        text.Length is > 0 and <= MostDigits
        && (text.Length == 1 || text[0] != (byte)'0')
        && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            ? number
            : -1;
}
