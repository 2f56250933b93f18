using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// The tensors among the attributes of a wrapper, which has no storage of its own: of a quantised tensor the integers and
/// their scales, of a distributed one what this rank has of it. A part may be a wrapper itself.
/// </summary>
internal sealed class WrapperParts
{
    /// <summary>How PyTorch pickles a wrapper.</summary>
    public const string Rebuild = "torch._utils._rebuild_wrapper_subclass";

    /// <summary>More wrappers in each other than anybody makes.</summary>
    private const int MaxDepth = 8;

    /// <summary>More parts than any wrapper has, all levels together.</summary>
    private const int MostParts = 256;

    private int depth;
    private int count;

    /// <param name="state">The attributes of the wrapper, or null.</param>
    public List<(string Name, TensorDescription Tensor)> Of(PickleNode? state)
    {
        var parts = new List<(string, TensorDescription)>();
        if (depth == MaxDepth || PythonValues.AsAttributes(state) is not var (attributes, slots))
        {
            return parts;
        }

        depth++;
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var dict in new[] { attributes, slots })
        {
            foreach (var (name, node) in dict is { Count: <= MostParts } ? DictKeys.Of(dict) : [])
            {
                if (count < MostParts && TensorRebuilder.TryDescribe(node, this) is { } part && names.Add(name))
                {
                    count++;
                    parts.Add((name, part));
                }
            }
        }

        depth--;
        return parts;
    }
}
