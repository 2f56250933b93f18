using System.Globalization;
using LowMem.Loader.Skeletons.Definition.Text;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace LowMem.Loader.Skeletons.Definition;

/// <summary>Entries of ParameterList and ParameterDict, which print <c>[torch.float32 of size 3x4]</c>.</summary>
internal static class PrintedParameter
{
    // Older versions print the class of the tensor.
    private static readonly Dictionary<string, string> TensorClasses = new(StringComparer.Ordinal)
    {
        ["FloatTensor"] = "float32",
        ["DoubleTensor"] = "float64",
        ["HalfTensor"] = "float16",
        ["BFloat16Tensor"] = "bfloat16",
        ["ByteTensor"] = "uint8",
        ["CharTensor"] = "int8",
        ["ShortTensor"] = "int16",
        ["IntTensor"] = "int32",
        ["LongTensor"] = "int64",
        ["BoolTensor"] = "bool",
    };

    /// <summary>Makes the parameter on meta.</summary>
    /// <exception cref="ModelException">The text is not of that form.</exception>
    public static Tensor Create(DefinitionText source, DefinitionNode node)
    {
        var parts = node.Arguments.TrimStart('[').Split(']')[0].Split(" of size ", 2);
        if (parts.Length != 2)
        {
            throw Invalid();
        }

        var word = parts[0][(parts[0].LastIndexOf('.') + 1)..];
        var type = Modules.ScalarTypes.Find(TensorClasses.GetValueOrDefault(word, word)) ?? throw Invalid();

        // A tensor on a GPU has " (GPU 0)" behind its size; a tensor without dimensions has no size.
        var text = parts[1].Split(' ')[0];
        var sizes = text.Length == 0 ? [] : text.Split('x');
        var shape = new long[sizes.Length];
        for (var i = 0; i < sizes.Length; i++)
        {
            if (!long.TryParse(sizes[i], NumberStyles.None, CultureInfo.InvariantCulture, out shape[i]))
            {
                throw Invalid();
            }
        }

        var meta = empty(shape, dtype: type, device: META);
        return (Modules.ScalarTypes.CanRequireGrad(type) ? new Parameter(meta) : meta).DetachFromDisposeScope();

        ModelException Invalid() => source.Invalid(
            node.ArgumentsPosition, $"'{node.Arguments}' is not the type and size of a parameter, as in [torch.float32 of size 3x4].");
    }
}
