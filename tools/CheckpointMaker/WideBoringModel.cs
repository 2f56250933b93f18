using System.Runtime.InteropServices;

namespace LowMem.CheckpointMaker;

/// <summary>The article's BoringModel, wide enough to weigh something: its state dict, and a checkpoint of it.</summary>
public static class WideBoringModel
{
    /// <summary>Hidden units; one stage takes 64 MiB.</summary>
    public const int Width = 4096;

    private const int BlockLength = 1 << 20;

    /// <summary>How many stages make a model of about that size.</summary>
    public static int GetStageCount(int mebibytes) => Math.Max(1, mebibytes / 64);

    /// <summary>The keys and shapes, in order.</summary>
    public static IReadOnlyList<(string Key, long[] Shape)> GetTensors(int stages) =>
    [
        ("in_proj.weight", [Width, 2]),
        ("in_proj.bias", [Width]),
        .. Enumerable.Range(0, stages).SelectMany(i => new (string, long[])[]
        {
            ($"stages.{i}.weight", [Width, Width]),
            ($"stages.{i}.bias", [Width]),
        }),
        ("out_proj.weight", [2, Width]),
        ("out_proj.bias", [2]),
    ];

    /// <summary>Writes a checkpoint that PyTorch loads, with the same small random numbers every time.</summary>
    public static void Write(string path, int stages)
    {
        var tensors = GetTensors(stages);
        var root = Path.GetFileNameWithoutExtension(path);
        using var zip = new StoredZipWriter(path);
        Add(zip, $"{root}/data.pkl", StateDictPickle.Write(tensors));
        Add(zip, $"{root}/byteorder", "little"u8.ToArray());
        var random = new Random(1);
        for (var i = 0; i < tensors.Count; i++)
        {
            var count = tensors[i].Shape.Aggregate(1L, (product, size) => product * size);
            zip.Add($"{root}/data/{i}", GetValues(count, random.Next()), count * sizeof(float));
        }

        Add(zip, $"{root}/version", "3\n"u8.ToArray());
    }

    private static void Add(StoredZipWriter zip, string name, byte[] bytes) => zip.Add(name, [bytes], bytes.Length);

    // As large as the initial weights of such a layer are, so that a forward pass neither overflows nor dies away.
    private static IEnumerable<ReadOnlyMemory<byte>> GetValues(long count, int seed)
    {
        var values = new float[BlockLength];
        var state = (uint)seed | 1;
        for (long done = 0; done < count; done += BlockLength)
        {
            var length = (int)Math.Min(BlockLength, count - done);
            for (var i = 0; i < length; i++)
            {
                // The upper bits of a linear congruential generator: good enough for weights, and fast.
                state = unchecked((state * 1664525) + 1013904223);
                values[i] = ((state >> 8) - (float)(1 << 23)) / ((float)(1 << 23) * 64);
            }

            yield return MemoryMarshal.AsBytes(values.AsSpan(0, length)).ToArray();
        }
    }
}
