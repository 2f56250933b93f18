using System.Collections.Frozen;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>The classes of layers that can be made of what their text says.</summary>
internal static class LayerCatalogue
{
    /// <summary>The class that runs its modules in order.</summary>
    public const string Sequence = "Sequential";

    // What runs its children, or is a list of them for others to run: empty is nothing unusual.
    private static readonly FrozenSet<string> Containers =
        new[] { Sequence, "ModuleList", "ModuleDict", "ParameterList", "ParameterDict" }.ToFrozenSet(StringComparer.Ordinal);

    // Classes of torch.nn with modules inside, and code that is no sequence of them.
    private static readonly FrozenSet<string> Others = new[]
    {
        "MultiheadAttention", "Transformer", "TransformerEncoder", "TransformerEncoderLayer", "TransformerDecoder", "TransformerDecoderLayer",
    }.ToFrozenSet(StringComparer.Ordinal);

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

    /// <summary>Whether a class of torch.nn is known to be something else than its modules in order.</summary>
    public static bool ComputesOtherwise(string className) => Others.Contains(className);
}
