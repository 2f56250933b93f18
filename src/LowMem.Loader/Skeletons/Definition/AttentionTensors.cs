using LowMem.Loader.Skeletons.Containers;
using LowMem.Loader.Skeletons.Definition.Text;
using LowMem.Loader.Skeletons.Layers;
using TorchSharp.Modules;

namespace LowMem.Loader.Skeletons.Definition;

/// <summary>The tensors of PyTorch's MultiheadAttention, which prints its out_proj and nothing else.</summary>
internal static class AttentionTensors
{
    private const string OutProjection = "out_proj";

    // What is there only in some layers, and never printed: separate sizes of keys and values, and added biases.
    private static readonly string[] Separate = ["q_proj_weight", "k_proj_weight", "v_proj_weight"];
    private static readonly string[] Added = ["bias_k", "bias_v"];

    /// <summary>Adds them to a container when it is such a module; otherwise does nothing.</summary>
    /// <param name="container">The module, with its children.</param>
    /// <param name="node">What was printed of it.</param>
    /// <param name="findShape">The shape of a tensor of the module in the checkpoint, or null.</param>
    /// <param name="source">The whole text.</param>
    /// <exception cref="ModelException">The out_proj is not as that of an attention.</exception>
    public static void Add(ModuleContainer container, DefinitionNode node, Func<string, long[]?> findShape, DefinitionText source)
    {
        // No other module has a linear layer of this class. Heads are not printed: there is no forward pass.
        if (node.Children is not [{ Name: OutProjection, ShortName: "NonDynamicallyQuantizableLinear" or "_LinearWithBias" }]
            || container.FindChild(OutProjection) is not Linear projection)
        {
            return;
        }

        if (projection.in_features != projection.out_features)
        {
            throw source.Invalid(
                node.Children[0].Position,
                $"the out_proj of an attention has as many features in as out, not {projection.in_features} and {projection.out_features}.");
        }

        var size = projection.in_features;
        container.Obstacle =
            $"'{node.ClassName}' has its tensors, but no forward pass: PyTorch does not print how many heads an attention has. "
            + $"To run it, build this part from [TorchSharp.torch+nn]::MultiheadAttention({size}, <heads>) in a script block.";
        if (Separate.All(name => findShape(name) is not null))
        {
            foreach (var name in Separate)
            {
                container.AddParameter(name, MetaTensors.CreateParameter(findShape(name)));
            }
        }
        else
        {
            container.AddParameter("in_proj_weight", MetaTensors.CreateParameter(checked(3 * size), size));
        }

        if (projection.bias is not null)
        {
            container.AddParameter("in_proj_bias", MetaTensors.CreateParameter(3 * size));
        }

        foreach (var name in Added.Where(name => findShape(name) is not null))
        {
            container.AddParameter(name, MetaTensors.CreateParameter(findShape(name)));
        }
    }
}
