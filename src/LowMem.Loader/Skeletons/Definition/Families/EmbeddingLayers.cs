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
        FindPaddingIndex(arguments),
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
        FindPaddingIndex(arguments) ?? -1));

    // PyTorch prints a negative one as the row that it means.
    private static long? FindPaddingIndex(LayerArguments arguments)
    {
        if (!arguments.Has("padding_idx"))
        {
            return null;
        }

        var index = arguments.Long("padding_idx");
        var count = arguments.Long("num_embeddings");
        return index >= -count && index < count
            ? (index < 0 ? index + count : index)
            : throw arguments.Invalid($"padding_idx of '{arguments.ClassName}' is {index}, which is none of its {count} rows.");
    }

    private static nn.Module Widen(LayerArguments arguments, nn.Module module)
    {
        if (FindPaddingIndex(arguments) is { } row)
        {
            PaddingRows.Set(module, row);
        }

        NativeModules.Reshape(module, "weight", [arguments.Long("num_embeddings"), arguments.Long("embedding_dim")]);
        return module;
    }
}
