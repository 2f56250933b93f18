using System.Collections.Frozen;
using LowMem.Loader.Skeletons.Definition.Families;

namespace LowMem.Loader.Skeletons.Definition;

/// <summary>The classes of layers that can be made of what their text says.</summary>
internal static class LayerCatalogue
{
    // What runs its children, or is a list of them for others to run: empty is nothing unusual.
    private static readonly FrozenSet<string> Containers =
        new[] { "Sequential", "ModuleList", "ModuleDict", "ParameterList", "ParameterDict" }.ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, LayerKind> Kinds = new[]
    {
        LinearLayers.All,
        ConvolutionLayers.All,
        NormLayers.All,
        EmbeddingLayers.All,
        RecurrentLayers.All,
        ActivationLayers.All,
        PoolingLayers.All,
        PaddingLayers.All,
        DropoutLayers.All,
        ShapeLayers.All,
    }.SelectMany(family => family).ToFrozenDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>The names of all classes of layers that are known.</summary>
    public static IEnumerable<string> Names => Kinds.Keys;

    /// <summary>Finds a layer by its class, or null for a class that is none.</summary>
    public static LayerKind? Find(string className)
    {
        if (Kinds.TryGetValue(className, out var kind))
        {
            return kind;
        }

        // LlamaRMSNorm, Qwen2RMSNorm, T5LayerNorm...: every family of language models brings the same layer along.
        return className.EndsWith("RMSNorm", StringComparison.OrdinalIgnoreCase) || className.EndsWith("T5LayerNorm", StringComparison.Ordinal)
            ? NormLayers.RootMeanSquare
            : null;
    }

    /// <summary>Whether a class only holds its children.</summary>
    public static bool IsContainer(string className) => Containers.Contains(className);
}
