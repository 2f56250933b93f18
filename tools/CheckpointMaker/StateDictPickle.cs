using System.Text;

namespace LowMem.CheckpointMaker;

/// <summary>
/// Writes the pickle of a state dict byte for byte as <c>torch.save</c> does: protocol 2, one float32 storage per tensor.
/// Python's pickler puts nearly everything into its memo, names a function once, and hands over entries a thousand at a
/// time; a file without all that would be another one to read.
/// </summary>
public sealed class StateDictPickle
{
    private const int BatchSize = 1000;
    private const string Rebuild = "torch._utils\n_rebuild_tensor_v2";
    private const string StorageClass = "torch\nFloatStorage";
    private const string OrderedDict = "collections\nOrderedDict";

    private readonly BinaryWriter writer;
    private readonly bool isColumnMajor;
    private readonly Dictionary<string, int> memo = new(StringComparer.Ordinal);
    private int memoCount;

    private StateDictPickle(BinaryWriter writer, bool isColumnMajor)
    {
        this.writer = writer;
        this.isColumnMajor = isColumnMajor;
    }

    /// <summary>Pickles an ordered dictionary of float32 tensors; the n-th one lies in the storage n.</summary>
    /// <param name="tensors">The keys and shapes.</param>
    /// <param name="isColumnMajor">True for tensors that were transposed, false for contiguous ones.</param>
    public static byte[] Write(IReadOnlyList<(string Key, long[] Shape)> tensors, bool isColumnMajor = false)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.ASCII);
        new StateDictPickle(writer, isColumnMajor).WriteAll(tensors);
        writer.Flush();
        return stream.ToArray();
    }

    private void WriteAll(IReadOnlyList<(string Key, long[] Shape)> tensors)
    {
        writer.Write([0x80, 2]);
        WriteEmptyOrderedDict();
        for (var start = 0; start < tensors.Count; start += BatchSize)
        {
            var count = Math.Min(BatchSize, tensors.Count - start);
            if (count > 1)
            {
                writer.Write('(');
            }

            for (var i = start; i < start + count; i++)
            {
                WriteText(tensors[i].Key);
                WriteTensor(i, tensors[i].Shape);
            }

            writer.Write(count > 1 ? 'u' : 's');
        }

        writer.Write('.');
    }

    private void WriteTensor(int storage, long[] shape)
    {
        const byte newFalse = 0x89;
        WriteGlobal(Rebuild);
        writer.Write("(("u8);
        WriteKnownText("storage");
        WriteGlobal(StorageClass);
        WriteText($"{storage}");
        WriteKnownText("cpu");
        WriteInteger(shape.Aggregate(1L, (product, size) => product * size));
        writer.Write('t');
        Put();
        writer.Write('Q');
        WriteInteger(0);
        WriteTuple(shape);
        WriteTuple([.. shape.Select((_, i) => (isColumnMajor ? shape[..i] : shape[(i + 1)..]).Aggregate(1L, (product, size) => product * size))]);
        writer.Write(newFalse);
        WriteEmptyOrderedDict();
        writer.Write('t');
        Put();
        writer.Write('R');
        Put();
    }

    private void WriteEmptyOrderedDict()
    {
        WriteGlobal(OrderedDict);
        writer.Write(")R"u8);
        Put();
    }

    private void WriteGlobal(string name)
    {
        if (!TryGet(name))
        {
            writer.Write(Encoding.ASCII.GetBytes($"c{name}\n"));
            memo[name] = Put();
        }
    }

    /// <summary>A text that is one and the same object in Python each time.</summary>
    private void WriteKnownText(string text)
    {
        if (!TryGet(text))
        {
            memo[text] = WriteText(text);
        }
    }

    private int WriteText(string text)
    {
        writer.Write('X');
        writer.Write(Encoding.UTF8.GetByteCount(text));
        writer.Write(Encoding.UTF8.GetBytes(text));
        return Put();
    }

    private void WriteTuple(long[] values)
    {
        const byte tuple1 = 0x85;
        const int mostCounted = 3;
        if (values.Length == 0)
        {
            writer.Write(')');
            return;
        }

        if (values.Length > mostCounted)
        {
            writer.Write('(');
        }

        foreach (var value in values)
        {
            WriteInteger(value);
        }

        writer.Write(values.Length > mostCounted ? (byte)'t' : (byte)(tuple1 + values.Length - 1));
        Put();
    }

    private void WriteInteger(long value)
    {
        const byte long1 = 0x8a;
        switch (value)
        {
            case <= byte.MaxValue:
                writer.Write('K');
                writer.Write((byte)value);
                break;
            case <= ushort.MaxValue:
                writer.Write('M');
                writer.Write((ushort)value);
                break;
            case <= int.MaxValue:
                writer.Write('J');
                writer.Write((int)value);
                break;
            default:
                var bytes = new System.Numerics.BigInteger(value).ToByteArray();
                writer.Write([long1, (byte)bytes.Length, .. bytes]);
                break;
        }
    }

    private int Put()
    {
        var index = memoCount++;
        WriteMemo('q', 'r', index);
        return index;
    }

    private bool TryGet(string name)
    {
        var isKnown = memo.TryGetValue(name, out var index);
        if (isKnown)
        {
            WriteMemo('h', 'j', index);
        }

        return isKnown;
    }

    private void WriteMemo(char near, char far, int index)
    {
        if (index <= byte.MaxValue)
        {
            writer.Write(near);
            writer.Write((byte)index);
        }
        else
        {
            writer.Write(far);
            writer.Write(index);
        }
    }
}
