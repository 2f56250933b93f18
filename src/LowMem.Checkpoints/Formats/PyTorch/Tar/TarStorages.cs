using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Legacy;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tar;

/// <summary>
/// The member <c>storages</c>: a pickled count, then for each storage a pickle of (key, location, class) with the
/// number of elements (64 bits) and the elements behind it, then a pickled list of views (key, root key, offset, size).
/// </summary>
internal sealed class TarStorages
{
    private readonly Dictionary<string, PicklePersistentId> ids = new(StringComparer.Ordinal);

    private TarStorages(long origin) => Table = new StorageTable(origin);

    public StorageTable Table { get; }

    public static TarStorages Read(StackedPickles stream)
    {
        var storages = new TarStorages(stream.Origin);
        long count = ReadCount(stream, "storages");
        for (long i = 0; i < count; i++)
        {
            storages.ReadStorage(stream);
        }

        foreach (var view in PythonValues.AsSequence(stream.Read("storage views").Root) ?? [])
        {
            storages.AddView(stream, view);
        }

        return storages;
    }

    /// <summary>A pickled count of things that follow, each of which takes a byte at least.</summary>
    public static long ReadCount(StackedPickles stream, string record) =>
        stream.Read(record).Root is PickleScalar { Value: long count and >= 0 } && count <= stream.Left
            ? count
            : throw stream.Invalid($"the number of {record} is impossible");

    /// <summary>The id of a storage in the form of later versions, or null when there is no such storage.</summary>
    public PicklePersistentId? Find(string key) => ids.GetValueOrDefault(key);

    /// <summary>A storage without elements, for tensors that never had one.</summary>
    public PicklePersistentId AddEmpty(string key, PickleGlobal storageClass)
    {
        Table.Add(key, -1, 0);
        return MakeId(key, storageClass, 0, PickleScalar.None);
    }

    private static PicklePersistentId MakeId(string key, PickleGlobal storageClass, long count, PickleNode view) =>
        new(new PickleSequence(
            PickleSequenceKind.Tuple,
            [PickleScalar.Of("storage"), storageClass, PickleScalar.Of(key), PickleScalar.None, PickleScalar.Of(count), view]));

    private void ReadStorage(StackedPickles stream)
    {
        if (stream.Read("storage").Root is not PickleSequence { Count: 3 } tuple
            || tuple[0] is not PickleScalar { Value: string or long }
            || tuple[2] is not PickleGlobal type
            || !StorageClasses.TryGetElementType(type.FullName, out var elementType))
        {
            throw stream.Invalid("the description of a storage is not (key, location, class)");
        }

        string key = PythonText.OfKey(tuple[0]);
        long count = stream.ReadInt64("the size of a storage");
        long size = StorageReference.ElementSize(elementType);
        if (count < 0 || count > stream.Left / size)
        {
            throw stream.Invalid($"storage '{DisplayText.Name(key)}' is said to have {count} elements, and {stream.Left} bytes are left");
        }

        long place = stream.Position;
        stream.Skip(count * size, "a storage");
        if (!Table.Add(key, place, count * size))
        {
            throw stream.Invalid($"the file holds storage '{DisplayText.Name(key)}' twice");
        }

        ids.Add(key, MakeId(key, type, count, PickleScalar.None));
    }

    private void AddView(StackedPickles stream, PickleNode view)
    {
        if (view is not PickleSequence { Count: 4 } tuple
            || !ids.TryGetValue(PythonText.OfKey(tuple[1]), out var root)
            || root.Id is not PickleSequence parts)
        {
            throw stream.Invalid("a view of a storage is not (key, key of a storage, offset, size)");
        }

        var part = new PickleSequence(PickleSequenceKind.Tuple, [tuple[0], tuple[2], tuple[3]]);
        var id = new PickleSequence(PickleSequenceKind.Tuple, [.. parts.Items.Take(parts.Count - 1), part]);
        ids.TryAdd(PythonText.OfKey(tuple[0]), new PicklePersistentId(id));
    }
}
