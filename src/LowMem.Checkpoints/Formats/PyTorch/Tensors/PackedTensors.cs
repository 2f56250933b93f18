using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// The tensors of <see cref="PackedTensorRows"/>, each of which is described when it is asked for. Everything about them
/// was checked when they were listed: tensors of one template at one place in storages of one size are alike in all but
/// their names and the places of their storages, so that the first of them is checked for all and stands for all.
/// </summary>
internal sealed class PackedTensors : ITensorRun
{
    private readonly string prefix;
    private readonly PackedTensorRows rows;
    private readonly string storagePrefix;

    /// <summary>Where the storages start.</summary>
    private readonly long[] places;
    private readonly Dictionary<PackedTensorTemplate, TensorInfo> first = new(ReferenceEqualityComparer.Instance);

    /// <summary>Those that are at fault, or odd in some other way.</summary>
    private readonly Dictionary<int, TensorInfo> odd = [];

    private PackedTensors(string prefix, PackedTensorRows rows, string storagePrefix)
    {
        this.prefix = prefix;
        this.rows = rows;
        this.storagePrefix = storagePrefix;
        places = new long[rows.Count];
    }

    public int Count => rows.Count;

    /// <param name="prefix">What stands before each key: that of the dict with a dot, or nothing for the root.</param>
    /// <param name="rows">Its tensors.</param>
    /// <param name="factory">Describes tensors.</param>
    /// <param name="check">Describes a tensor with all checks, and notes what is wrong with it.</param>
    public static PackedTensors Create(
        string prefix, PackedTensorRows rows, TensorInfoFactory factory, Func<string, PackedTensorCall, TensorInfo> check)
    {
        var tensors = new PackedTensors(prefix, rows, factory.StoragePrefix);
        tensors.Check(factory, check);
        return tensors;
    }

    public TensorInfo Get(int index)
    {
        if (odd.TryGetValue(index, out var tensor))
        {
            return tensor;
        }

        var like = first[rows[index].Template];
        return like with
        {
            Key = NameOf(index),
            StorageKey = storagePrefix + rows.GetStorageKey(index),
            Offset = checked(places[index] + like.StorageStart),
            Storage = like.Storage! with { Offset = places[index] },
            Shape = [.. like.Shape],
            Stride = [.. like.Stride],
        };
    }

    private string NameOf(int index) => prefix + rows.GetKey(index);

    private void Check(TensorInfoFactory factory, Func<string, PackedTensorCall, TensorInfo> check)
    {
        var offsets = new Dictionary<PackedTensorTemplate, long>(ReferenceEqualityComparer.Instance);
        for (int i = 0; i < rows.Count; i++)
        {
            ref readonly var row = ref rows[i];
            if (offsets.TryGetValue(row.Template, out long offset) && offset == row.Offset)
            {
                places[i] = factory.FindPlainStorage(row.Storage, first[row.Template].Storage!.ByteLength);
                if (places[i] >= 0)
                {
                    continue;
                }
            }

            var tensor = check(NameOf(i), rows.GetCall(i));
            if (IsPlain(tensor) && offsets.TryAdd(row.Template, row.Offset))
            {
                first.Add(row.Template, tensor);
                places[i] = tensor.Storage!.Offset;
            }
            else
            {
                odd.Add(i, tensor);
            }
        }
    }

    /// <summary>Whether all there is to say about it is where its bytes are.</summary>
    private static bool IsPlain(TensorInfo tensor) =>
        tensor is { UnreadableReason: null, Storage: { Offset: >= 0, Content: null, Deflated: null } };
}
