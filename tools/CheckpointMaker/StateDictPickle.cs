using System.Text;

namespace LowMem.CheckpointMaker;

/// <summary>Writes the pickle of a state dict, as <c>torch.save</c> does: protocol 2, one float32 storage per tensor.</summary>
public static class StateDictPickle
{
    /// <summary>Pickles an ordered dictionary of contiguous float32 tensors; the n-th one lies in the storage n.</summary>
    public static byte[] Write(IReadOnlyList<(string Key, long[] Shape)> tensors)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.ASCII);
        writer.Write([0x80, 2]);
        WriteEmptyOrderedDict(writer);
        writer.Write('(');
        for (var i = 0; i < tensors.Count; i++)
        {
            WriteText(writer, tensors[i].Key);
            WriteTensor(writer, i, tensors[i].Shape);
        }

        writer.Write("u."u8);
        writer.Flush();
        return stream.ToArray();
    }

    private static void WriteTensor(BinaryWriter writer, int storage, long[] shape)
    {
        var count = shape.Aggregate(1L, (product, size) => product * size);
        writer.Write("ctorch._utils\n_rebuild_tensor_v2\n(("u8);
        WriteText(writer, "storage");
        writer.Write("ctorch\nFloatStorage\n"u8);
        WriteText(writer, $"{storage}");
        WriteText(writer, "cpu");
        WriteInteger(writer, count);
        writer.Write("tQ"u8);
        WriteInteger(writer, 0);
        WriteTuple(writer, shape);
        WriteTuple(writer, [.. shape.Select((_, i) => shape[(i + 1)..].Aggregate(1L, (product, size) => product * size))]);
        const byte newFalse = 0x89;
        writer.Write(newFalse);
        WriteEmptyOrderedDict(writer);
        writer.Write("tR"u8);
    }

    private static void WriteEmptyOrderedDict(BinaryWriter writer) => writer.Write("ccollections\nOrderedDict\n)R"u8);

    private static void WriteText(BinaryWriter writer, string text)
    {
        writer.Write('X');
        writer.Write(Encoding.UTF8.GetByteCount(text));
        writer.Write(Encoding.UTF8.GetBytes(text));
    }

    private static void WriteTuple(BinaryWriter writer, long[] values)
    {
        writer.Write('(');
        foreach (var value in values)
        {
            WriteInteger(writer, value);
        }

        writer.Write('t');
    }

    private static void WriteInteger(BinaryWriter writer, long value)
    {
        if (value <= int.MaxValue)
        {
            writer.Write('J');
            writer.Write((int)value);
        }
        else
        {
            writer.Write([0x8a, 8]);
            writer.Write(value);
        }
    }
}
