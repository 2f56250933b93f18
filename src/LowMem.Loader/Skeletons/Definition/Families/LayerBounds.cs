using System.Collections.Frozen;

namespace LowMem.Loader.Skeletons.Definition.Families;

/// <summary>The least values that arguments of layers may have, by PyTorch's names of them.</summary>
/// <remarks>
/// Looked at before libtorch is called: what it does with a negative size is an exception with a stack trace, and with a number
/// of groups that is 0 it may be the end of the process.
/// </remarks>
internal static class LayerBounds
{
    private static readonly FrozenDictionary<string, long> Least = new Dictionary<string, long>(StringComparer.Ordinal)
    {
        ["in_features"] = 0,
        ["in1_features"] = 0,
        ["in2_features"] = 0,
        ["out_features"] = 0,
        ["nx"] = 0,
        ["nf"] = 0,
        ["in_channels"] = 0,
        ["out_channels"] = 0,
        ["num_features"] = 0,
        ["num_channels"] = 0,
        ["normalized_shape"] = 0,
        ["num_embeddings"] = 0,
        ["embedding_dim"] = 0,
        ["input_size"] = 0,
        ["hidden_size"] = 1,
        ["proj_size"] = 0,
        ["num_parameters"] = 0,
        ["kernel_size"] = 1,
        ["stride"] = 1,
        ["dilation"] = 1,
        ["padding"] = 0,
        ["output_padding"] = 0,
        ["output_size"] = 0,
        ["groups"] = 1,
        ["num_groups"] = 1,
        ["upscale_factor"] = 1,
        ["downscale_factor"] = 1,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The least value of an argument, or null when there is none.</summary>
    /// <param name="className">The class of the layer: those that pad may take away as well.</param>
    /// <param name="argument">The argument.</param>
    public static long? Find(string className, string argument) =>
        argument == "padding" && className.Contains("Pad", StringComparison.Ordinal) ? null
        : Least.TryGetValue(argument, out var least) ? least
        : null;
}
