using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>
/// The persistent ids of the tar format: a number for a tensor or a storage, and (class, source file, source) for the
/// class of a module.
/// </summary>
internal sealed class TarPersistentIds(TarStorages storages, IReadOnlyDictionary<string, PickleObject> tensors)
    : IPersistentLoader
{
    public ModuleSources Sources { get; } = new();

    public PickleNode Load(PickleNode id)
    {
        if (id is PickleSequence { Count: 3 } tuple && tuple[0] is PickleGlobal type)
        {
            Sources.Add(type, tuple[2]);
            return type;
        }

        string key = PythonText.OfKey(id);
        return tensors.TryGetValue(key, out var tensor) ? tensor : storages.Find(key) ?? new PicklePersistentId(id);
    }
}
