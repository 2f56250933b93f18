namespace LowMem.Checkpoints.Pickle;

/// <summary>Reads the opcodes that push a leaf: None, booleans, numbers, text and bytes.</summary>
internal static class PickleScalarReader
{
    /// <summary>The leaf that an opcode pushes, or null when it does something else.</summary>
    public static PickleScalar? TryRead(PickleOpcode opcode, PickleCursor cursor, PickleHeap heap) => opcode switch
    {
        PickleOpcode.None => PickleScalar.None,
        PickleOpcode.NewTrue => PickleScalar.True,
        PickleOpcode.NewFalse => PickleScalar.False,
        PickleOpcode.Int => PickleLines.ReadInt(cursor),
        PickleOpcode.BinInt => PickleScalar.Of((long)cursor.ReadInt32()),
        PickleOpcode.BinInt1 => PickleScalar.Of((long)cursor.ReadByte()),
        PickleOpcode.BinInt2 => PickleScalar.Of((long)cursor.ReadUInt16()),
        PickleOpcode.Long => PickleLines.ReadLong(cursor),
        PickleOpcode.Long1 => PickleScalar.Of(cursor.ReadInteger(cursor.ReadByte())),
        PickleOpcode.Long4 => PickleScalar.Of(cursor.ReadInteger(cursor.ReadInt32())),
        PickleOpcode.Float => PickleLines.ReadFloat(cursor),
        PickleOpcode.BinFloat => PickleScalar.Of(cursor.ReadBigEndianDouble()),

        PickleOpcode.String => heap.Remember(PickleLines.ReadString(cursor)),
        PickleOpcode.BinString => heap.ReadPython2String(cursor.ReadInt32()),
        PickleOpcode.ShortBinString => heap.ReadPython2String(cursor.ReadByte()),
        PickleOpcode.Unicode => heap.Remember(PickleLines.ReadUnicode(cursor)),
        PickleOpcode.ShortBinUnicode => heap.ReadText(cursor.ReadByte()),
        PickleOpcode.BinUnicode => heap.ReadText(cursor.ReadUInt32()),
        PickleOpcode.BinUnicode8 => heap.ReadText(cursor.ReadUInt64Length()),
        PickleOpcode.ShortBinBytes => heap.ReadBytes(cursor.ReadByte()),
        PickleOpcode.BinBytes => heap.ReadBytes(cursor.ReadUInt32()),
        PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8 => heap.ReadBytes(cursor.ReadUInt64Length()),
        _ => null,
    };

    /// <summary>What pushing the leaf costs: those of these opcodes are shared, and take a slot of the stack only.</summary>
    public static int CostOf(PickleOpcode opcode) => opcode switch
    {
        PickleOpcode.None or PickleOpcode.NewTrue or PickleOpcode.NewFalse or PickleOpcode.BinInt1 => PickleHeap.SlotCost,
        _ => PickleHeap.NodeCost,
    };
}
