using LowMem.Checkpoints;

namespace LowMem.Loader.Import.Keys;

/// <summary>The part of a checkpoint that is the state dict of a module.</summary>
/// <param name="Prefix">What the keys have in front of the module's, with its dot; empty when nothing.</param>
/// <param name="Tensors">The tensors under the prefix, by their names behind it; several when a name occurs twice.</param>
internal sealed record StateDictSelection(string Prefix, IReadOnlyDictionary<string, List<TensorInfo>> Tensors)
{
    /// <summary>How many keys a key map gave another name.</summary>
    public int RenamedCount { get; init; }

    /// <summary>How many keys a key map left out.</summary>
    public int LeftOutCount { get; init; }
}
