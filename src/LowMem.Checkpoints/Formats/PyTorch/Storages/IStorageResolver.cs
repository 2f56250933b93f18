using LowMem.Checkpoints.Formats.PyTorch.Tensors;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Storages;

/// <summary>Finds the bytes of storages; each PyTorch format keeps them in its own way.</summary>
internal interface IStorageResolver
{
    /// <summary>The place of a storage.</summary>
    /// <exception cref="TensorProblemException">The file has no such storage, or one of another size.</exception>
    ResolvedStorage Resolve(PicklePersistentId id);

    /// <summary>
    /// Where a storage starts whose bytes lie in the file as they are, with nothing to be said about it, and which tensors know
    /// by that number; -1 for every other, and where finding out takes more than <see cref="Resolve"/> does.
    /// </summary>
    /// <param name="key">Its name, a number.</param>
    /// <param name="byteLength">The bytes that it is to have.</param>
    long FindPlain(long key, long byteLength) => -1;
}
