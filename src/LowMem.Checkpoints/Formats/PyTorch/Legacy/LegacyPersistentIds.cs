using LowMem.Checkpoints.Formats.PyTorch.Storages;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Legacy;

/// <summary>
/// The persistent ids of a legacy file: storages, of which it remembers the sizes, and classes of modules, which bring
/// the text of their source along.
/// </summary>
internal sealed class LegacyPersistentIds : IPersistentLoader
{
    /// <summary>By storage key; the first id that names a storage says how large its elements are.</summary>
    public Dictionary<string, StorageReference> Storages { get; } = new(StringComparer.Ordinal);

    public ModuleSources Sources { get; } = new();

    /// <summary><c>('module', class, source file, source)</c> stands for the class itself.</summary>
    public PickleNode Load(PickleNode id)
    {
        if (id is PickleSequence { Count: 4 } tuple && tuple[0] is PickleScalar { Value: "module" } && tuple[1] is PickleGlobal type)
        {
            Sources.Add(type, tuple[3]);
            return type;
        }

        if (id is PickleScalar { Value: string text } && TextPersistentId.TryParse(text) is { } parsed)
        {
            id = parsed;
        }

        if (StorageReference.TryParse(id) is { } reference)
        {
            Storages.TryAdd(reference.Key, reference);
        }

        return new PicklePersistentId(id);
    }
}
