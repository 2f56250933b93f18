using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Formats.PyTorch.Objects;
using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>Reads <c>_rebuild_sparse_tensor(layout, (dense parts..., size))</c>.</summary>
internal static class SparseTensors
{
    private const string Prefix = "torch.";

    public static TensorDescription Describe(RebuildArguments arguments)
    {
        string layout = LayoutOf(arguments.Required(0));
        string[] names = PartNames(layout)
            ?? throw new TensorProblemException(FindingCodes.TensorInvalid, $"'{DisplayText.Name(layout)}' is no sparse layout");
        var data = new RebuildArguments(layout, PythonValues.AsSequence(arguments.Required(1)) ?? []);
        var components = new (string Name, TensorDescription Tensor)[names.Length];
        for (int i = 0; i < names.Length; i++)
        {
            components[i] = (names[i], TensorRebuilder.TryDescribePart(data.Required(i))
                ?? throw new TensorProblemException(FindingCodes.TensorInvalid, $"its {names[i]} are no tensor"));
        }

        return new TensorDescription
        {
            Type = TensorRebuilder.TypeOf(components[^1].Tensor),
            Shape = data.Sizes(names.Length),
            Layout = layout,
            Components = components,
            UnreadableReason = $"its layout is {layout}; its components can be read",
        };
    }

    private static string LayoutOf(PickleNode node)
    {
        string? name = node switch
        {
            PickleObject { CallableName: "torch.serialization._get_layout" } made
                when made.ArgumentList is [PickleScalar { Value: string text }] => text,
            PickleGlobal global => global.FullName,
            _ => null,
        };
        return name is not null && name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length <= RebuildArguments.LongestName
            ? name[Prefix.Length..]
            : throw new TensorProblemException(FindingCodes.TensorInvalid, "its sparse layout is not named");
    }

    /// <summary>The dense tensors that a layout is made of, in the order of the pickle; the values come last.</summary>
    private static string[]? PartNames(string layout) => layout switch
    {
        TensorLayouts.SparseCoo => ["indices", "values"],
        TensorLayouts.SparseCsr or TensorLayouts.SparseBsr => ["crow_indices", "col_indices", "values"],
        TensorLayouts.SparseCsc or TensorLayouts.SparseBsc => ["ccol_indices", "row_indices", "values"],
        _ => null,
    };
}
