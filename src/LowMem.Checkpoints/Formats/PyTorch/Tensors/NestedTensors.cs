namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// Tensors of which one dimension differs from row to row: the values lie one behind the other in a dense tensor, and
/// others say where each row begins. Listed with the shape of the dense one, which has all values.
/// </summary>
internal static class NestedTensors
{
    /// <summary>Null when the function makes something else.</summary>
    public static TensorDescription? TryDescribe(string name, RebuildArguments arguments) => name switch
    {
        "torch._utils._rebuild_nested_tensor" => Describe(TensorLayouts.Strided, arguments, "values", "sizes", "strides", "offsets"),
        "torch.nested._internal.nested_tensor.NestedTensor" => Describe(TensorLayouts.Jagged, arguments, "_values", "_offsets"),
        _ => null,
    };

    private static TensorDescription? Describe(string layout, RebuildArguments arguments, params string[] names)
    {
        var parts = new List<(string Name, TensorDescription Tensor)>();
        for (int i = 0; i < names.Length; i++)
        {
            // Offsets were a list of numbers once.
            if (arguments.Optional(i) is { } node && TensorRebuilder.TryDescribePart(node) is { } part)
            {
                parts.Add((names[i], part));
            }
        }

        return parts is not [(_, { } values), ..] || parts[0].Name != names[0]
            ? null
            : new TensorDescription
            {
                Type = TensorRebuilder.TypeOf(values),
                Shape = values.Shape,
                Layout = layout,
                RequiresGrad = values.RequiresGrad,
                Components = parts,
                UnreadableReason = "it is nested: rows differ in length; its components can be read",
            };
    }
}
