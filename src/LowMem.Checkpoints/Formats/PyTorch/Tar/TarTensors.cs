using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Legacy;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tar;

/// <summary>
/// The member <c>tensors</c>: a pickled count, then for each tensor a pickle of (key, storage key, class) with, behind
/// it, the number of dimensions, the sizes, the strides and the offset in the storage, each of 64 bits.
/// </summary>
internal static class TarTensors
{
    /// <summary>Far more than PyTorch takes; a larger number is a lie.</summary>
    private const long MaxDimensions = 256;

    private static readonly PickleGlobal Rebuild = new("torch._utils", "_rebuild_tensor");

    /// <summary>The tensors by key, each as the call by which later versions pickle it.</summary>
    public static Dictionary<string, PickleObject> Read(StackedPickles stream, TarStorages storages)
    {
        var tensors = new Dictionary<string, PickleObject>(StringComparer.Ordinal);
        long count = TarStorages.ReadCount(stream, "tensors");
        for (long i = 0; i < count; i++)
        {
            if (stream.Read("tensor").Root is not PickleSequence { Count: 3 } tuple || tuple[2] is not PickleGlobal type)
            {
                throw stream.Invalid("the description of a tensor is not (key, storage, class)");
            }

            // The upper half was not always written, and never read.
            long dimensions = stream.ReadInt64("the number of dimensions") & uint.MaxValue;
            if (dimensions > MaxDimensions)
            {
                throw stream.Invalid($"a tensor is said to have {dimensions} dimensions");
            }

            var sizes = ReadNumbers(stream, dimensions);
            var strides = ReadNumbers(stream, dimensions);
            var offset = PickleScalar.Of(stream.ReadInt64("the offset of a tensor"));
            string key = PythonText.OfKey(tuple[0]);
            var storage = StorageOf(storages, key, tuple[1], type);
            var arguments = new PickleSequence(PickleSequenceKind.Tuple, [storage, offset, sizes, strides]);
            if (!tensors.TryAdd(key, new PickleCall(Rebuild, arguments)))
            {
                throw stream.Invalid($"the file holds tensor '{DisplayText.Name(key)}' twice");
            }
        }

        return tensors;
    }

    /// <summary>A storage that is not there stays a name without meaning: its tensor is at fault, and no other.</summary>
    private static PicklePersistentId StorageOf(TarStorages storages, string key, PickleNode storageKey, PickleGlobal type) =>
        storageKey is PickleScalar { Value: null }
            ? storages.AddEmpty($"none of {key}", new PickleGlobal(type.Module, type.Name.Replace("Tensor", "Storage", StringComparison.Ordinal)))
            : storages.Find(PythonText.OfKey(storageKey)) ?? new PicklePersistentId(storageKey);

    private static PickleSequence ReadNumbers(StackedPickles stream, long count)
    {
        var numbers = new PickleNode[count];
        for (long i = 0; i < count; i++)
        {
            numbers[i] = PickleScalar.Of(stream.ReadInt64("a size of a tensor"));
        }

        return new PickleSequence(PickleSequenceKind.Tuple, numbers);
    }
}
