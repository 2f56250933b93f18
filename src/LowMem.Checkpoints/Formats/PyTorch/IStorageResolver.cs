using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch;

/// <summary>Finds the bytes of storages; each PyTorch format keeps them in its own way.</summary>
internal interface IStorageResolver
{
    /// <summary>The place of a storage.</summary>
    /// <exception cref="TensorProblemException">The file has no such storage, or one of another size.</exception>
    ResolvedStorage Resolve(PicklePersistentId id);
}
