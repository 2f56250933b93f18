using LowMem.Loader.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>Tables of vectors.</summary>
/// <remarks>
/// TorchSharp's classes make and fill the whole table when they are created. Here they are created with vectors of no
/// elements, and the tables get their sizes on meta.
/// </remarks>
internal static class EmbeddingLayers
{
    private const long NoElements = 0;

    private static readonly string[] Positional = ["num_embeddings", "embedding_dim"];

    public static IEnumerable<LayerKind> All =>
    [
        new("Embedding", Positional, CreateEmbedding),
        new("EmbeddingBag", Positional, CreateEmbeddingBag),
    ];

    private static nn.Module CreateEmbedding(LayerArguments arguments) => Widen(arguments, nn.Embedding(
        arguments.Long("num_embeddings"),
        NoElements,
        arguments.Has("padding_idx") ? arguments.Long("padding_idx") : null,
        arguments.Double("max_norm"),
        arguments.Double("norm_type", 2),
        arguments.Bool("scale_grad_by_freq", false),
        arguments.Bool("sparse", false)));

    private static nn.Module CreateEmbeddingBag(LayerArguments arguments) => Widen(arguments, nn.EmbeddingBag(
        arguments.Long("num_embeddings"),
        NoElements,
        arguments.Double("max_norm"),
        arguments.Double("norm_type", 2),
        arguments.Bool("scale_grad_by_freq", false),
        arguments.Choice(
            "mode",
            TorchSharp.EmbeddingBagMode.Mean,
            ("sum", TorchSharp.EmbeddingBagMode.Sum),
            ("mean", TorchSharp.EmbeddingBagMode.Mean),
            ("max", TorchSharp.EmbeddingBagMode.Max)),
        arguments.Bool("sparse", false),
        arguments.Bool("include_last_offset", false),
        arguments.Long("padding_idx", -1)));

    private static nn.Module Widen(LayerArguments arguments, nn.Module module)
    {
        NativeModules.Reshape(module, "weight", [arguments.Long("num_embeddings"), arguments.Long("embedding_dim")]);
        return module;
    }
}
