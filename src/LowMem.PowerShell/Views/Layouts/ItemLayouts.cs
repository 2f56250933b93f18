using System.Collections.Frozen;
using System.Management.Automation;

namespace LowMem.PowerShell.Views.Layouts;

/// <summary>The layout of each type, found by its names: of the object itself, or of a copy of it from a job.</summary>
internal static class ItemLayouts
{
    private const string CopyPrefix = "Deserialized.";

    private static readonly FrozenDictionary<string, ItemLayout> Layouts = new Dictionary<string, ItemLayout>(StringComparer.Ordinal)
    {
        ["LowMem.Checkpoints.TensorInfo"] = TableLayouts.Tensors,
        ["LowMem.Checkpoints.Exploring.CheckpointTreeLine"] = new LineLayout("tree", style => new TreeText(style).Header, ExploredText.TreeLine),
        ["LowMem.Checkpoints.Exploring.TensorPattern"] = new LineLayout("patterns", style => new PatternText(style).Header, ExploredText.PatternLine),
        ["LowMem.Checkpoints.Exploring.TensorGroup"] = TableLayouts.Groups,
        ["LowMem.Checkpoints.Values.Statistics.TensorStatistics"] = TableLayouts.Statistics,
        ["LowMem.Checkpoints.Comparison.CheckpointDifference"] = TableLayouts.Differences,
        ["LowMem.Checkpoints.CheckpointSummary"] = ListLayouts.Summary,
        ["LowMem.Loader.Modules.ModuleParameter"] = TableLayouts.Parameters,
        ["LowMem.Checkpoints.Conversion.ConversionReport"] = ListLayouts.Conversion,
        ["LowMem.Loader.Import.Binding.LoadReport"] = ListLayouts.Load,
        ["LowMem.Loader.Estimates.MemoryEstimate"] = ListLayouts.Estimate,
        ["TorchSharp.torch+nn+Module"] = ListLayouts.Module,
        ["LowMem.Checkpoints.Verification.CheckpointVerdict"] = TableLayouts.Verdicts,
        ["LowMem.Checkpoints.Parts.CheckpointPart"] = TableLayouts.Parts,
        ["LowMem.Checkpoints.Diagnostics.CheckpointFinding"] = TableLayouts.Findings,
        ["LowMem.PowerShell.Provider.DriveTensor"] = TableLayouts.Items,
        ["LowMem.PowerShell.Provider.CheckpointNode"] = TableLayouts.Items,
        ["LowMem.PowerShell.Provider.CheckpointValue"] = TableLayouts.Items,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The layout of an object.</summary>
    /// <exception cref="InvalidOperationException">It is of no type of this module.</exception>
    public static ItemLayout Of(PSObject item)
    {
        foreach (string type in item.TypeNames)
        {
            if (Layouts.TryGetValue(type.StartsWith(CopyPrefix, StringComparison.Ordinal) ? type[CopyPrefix.Length..] : type, out var layout))
            {
                return layout;
            }
        }

        throw new InvalidOperationException($"There is no layout for {item.TypeNames.FirstOrDefault()}.");
    }
}
