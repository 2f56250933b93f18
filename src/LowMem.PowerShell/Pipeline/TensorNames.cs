using LowMem.Checkpoints;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Tensors by their names, and by those of what they are made of.</summary>
internal static class TensorNames
{
    /// <summary>The tensors among which patterns choose. What a tensor is made of is meant by its full name alone.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="names">Names and patterns; null for all.</param>
    public static IEnumerable<TensorInfo> FindNamed(Checkpoint checkpoint, string[]? names) => names is null
        ? checkpoint.Tensors
        : checkpoint.Tensors.SelectMany(tensor => GetComponents(tensor)
            .Where(component => names.Contains(component.Key, StringComparer.OrdinalIgnoreCase))
            .Prepend(tensor));

    /// <summary>All tensors, and what they are made of, by name.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public static ILookup<string, TensorInfo> FindAll(Checkpoint checkpoint) =>
        checkpoint.Tensors.SelectMany(tensor => GetComponents(tensor).Prepend(tensor)).ToLookup(tensor => tensor.Key, StringComparer.Ordinal);

    private static IEnumerable<TensorInfo> GetComponents(TensorInfo tensor) => tensor.Components.Count == 0
        ? []
        : tensor.Components.Values.SelectMany(component => component.Components.Values.Prepend(component));
}
