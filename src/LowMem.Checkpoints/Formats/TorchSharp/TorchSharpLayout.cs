using System.Text;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Sources;

namespace LowMem.Checkpoints.Formats.TorchSharp;

/// <summary>
/// What <c>Module.save</c> of TorchSharp writes: the number of tensors, then for each its name, the number of its
/// element type, the number of dimensions, the sizes and the elements; numbers in LEB128, no magic number anywhere.
/// <c>Tensor.Save</c> writes one tensor without number and name.
/// </summary>
/// <param name="Entries">The tensors found, in the order of the file.</param>
/// <param name="Count">How many there should be.</param>
/// <param name="End">Where the last of them ends.</param>
/// <param name="IsWhole">Whether they are all there and fill the file to the last byte.</param>
/// <param name="IsCut">Whether all is well but for the file ending too early.</param>
internal sealed record TorchSharpLayout(
    IReadOnlyList<TorchSharpEntry> Entries, long Count, long End, bool IsWhole, bool IsCut)
{
    private const int MaxNameBytes = 4096;
    private const long MaxDimensions = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Goes through a file as if it were of this format; says whether it can be.</summary>
    public static TorchSharpLayout Read(RandomAccessSource file, CancellationToken cancellationToken)
    {
        var module = ReadModule(file, cancellationToken);
        return module.IsWhole ? module : ReadSingle(file) ?? module;
    }

    private static TorchSharpLayout ReadModule(RandomAccessSource file, CancellationToken cancellationToken)
    {
        var cursor = new TorchSharpCursor(file);
        var entries = new List<TorchSharpEntry>();
        if (cursor.ReadNumber() is not { } count || count == 0)
        {
            return new TorchSharpLayout(entries, 0, 0, IsWhole: false, IsCut: false);
        }

        var names = new HashSet<string>(StringComparer.Ordinal);
        long end = cursor.Position;
        while (entries.Count < count)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ReadName(cursor) is not { } name || !names.Add(name) || ReadTensor(cursor, name) is not { } entry)
            {
                break;
            }

            entries.Add(entry);
            end = cursor.Position;
            if (end > file.Length)
            {
                break;
            }
        }

        bool isCut = entries.Count > 0 && (end > file.Length || (cursor.HitEnd && entries.Count < count));
        return new TorchSharpLayout(entries, count, end, entries.Count == count && end == file.Length, isCut);
    }

    private static TorchSharpLayout? ReadSingle(RandomAccessSource file)
    {
        var cursor = new TorchSharpCursor(file);
        return ReadTensor(cursor, ObjectTreeWalker.RootKey) is { } entry && cursor.Position == file.Length
            ? new TorchSharpLayout([entry], 1, file.Length, IsWhole: true, IsCut: false)
            : null;
    }

    /// <summary>Null when it is no text, or none that could be the name of anything.</summary>
    private static string? ReadName(TorchSharpCursor cursor)
    {
        if (cursor.ReadNumber() is not (> 0 and <= MaxNameBytes and var length))
        {
            return null;
        }

        var bytes = cursor.Take((int)length);
        if (bytes.IsEmpty)
        {
            return null;
        }

        try
        {
            string name = StrictUtf8.GetString(bytes);
            return name.Any(char.IsControl) ? null : name;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>A tensor as <c>Tensor.Save</c> writes it; null when it is none. Its elements are passed over.</summary>
    public static TorchSharpEntry? ReadTensor(TorchSharpCursor cursor, string name)
    {
        if (cursor.ReadNumber() is not { } code
            || TypeOf(code) is not { } type
            || cursor.ReadNumber() is not (<= MaxDimensions and var dimensions))
        {
            return null;
        }

        var shape = new long[dimensions];
        for (int i = 0; i < shape.Length; i++)
        {
            if (cursor.ReadNumber() is not { } size)
            {
                return null;
            }

            shape[i] = size;
        }

        try
        {
            long length = type.GetByteLength(StridedLayout.CountElements(shape));
            StridedLayout.ContiguousStrides(shape);
            long offset = cursor.Position;
            cursor.Skip(length);
            return new TorchSharpEntry(name, type, shape, offset, length);
        }
        catch (OverflowException)
        {
            return null;
        }
    }

    /// <summary>The numbers of c10's ScalarType, of which TorchSharp declares and saves these.</summary>
    private static DType? TypeOf(long code)
    {
        string? name = code switch
        {
            0 => "uint8",
            1 => "int8",
            2 => "int16",
            3 => "int32",
            4 => "int64",
            5 => "float16",
            6 => "float32",
            7 => "float64",
            9 => "complex64",
            10 => "complex128",
            11 => "bool",
            12 => "qint8",
            13 => "quint8",
            14 => "qint32",
            15 => "bfloat16",
            _ => null,
        };
        return name is null ? null : DType.Get(name);
    }
}

/// <summary>One tensor of a TorchSharp file.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The size of each dimension.</param>
/// <param name="Offset">Where its elements start in the file.</param>
/// <param name="Length">The bytes they take.</param>
internal sealed record TorchSharpEntry(string Key, DType Type, long[] Shape, long Offset, long Length);
