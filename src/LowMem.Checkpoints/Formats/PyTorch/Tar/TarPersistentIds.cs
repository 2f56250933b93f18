using LowMem.Checkpoints.Formats.PyTorch.Legacy;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tar;

/// <summary>
/// The persistent ids of the tar format: a number for a tensor or a storage, and (class, source file, source) for the
/// class of a module.
/// </summary>
internal sealed class TarPersistentIds(TarStorages storages, IReadOnlyDictionary<string, PickleObject> tensors)
    : IPersistentLoader
{
    public ModuleSources Sources { get; } = new();

    /// <summary>Whether an id was met that is neither a tensor nor a storage.</summary>
    public bool HasUnknown { get; private set; }

    public PickleNode Load(PickleNode id)
    {
        if (id is PickleSequence { Count: 3 } tuple && tuple[0] is PickleGlobal type)
        {
            Sources.Add(type, tuple[2]);
            return type;
        }

        string key = PythonText.OfKey(id);
        if ((tensors.TryGetValue(key, out var tensor) ? (PickleNode)tensor : storages.Find(key)) is { } found)
        {
            return found;
        }

        HasUnknown = true;
        return new PicklePersistentId(id);
    }
}
