using System.Management.Automation;
using LowMem.Checkpoints;

namespace LowMem.PowerShell.Views;

/// <summary>The properties of a summary in the order of a CSV file, its lists with a text that can be read.</summary>
public static class SummaryCells
{
    /// <summary><see cref="CheckpointSummary.Path"/>.</summary>
    /// <param name="summary">A <see cref="CheckpointSummary"/>.</param>
    public static object Path(PSObject summary) => CellItems.Of<CheckpointSummary>(summary).Path;

    /// <summary><see cref="CheckpointSummary.Format"/>.</summary>
    /// <param name="summary">A <see cref="CheckpointSummary"/>.</param>
    public static object Format(PSObject summary) => CellItems.Of<CheckpointSummary>(summary).Format;

    /// <summary><see cref="CheckpointSummary.DTypes"/>, as text <c>float32=8; int64=1</c>.</summary>
    /// <param name="summary">A <see cref="CheckpointSummary"/>.</param>
    public static object DTypes(PSObject summary) => ReadableValue.Pairs(CellItems.Of<CheckpointSummary>(summary).DTypes);

    /// <summary><see cref="CheckpointSummary.Globals"/>.</summary>
    /// <param name="summary">A <see cref="CheckpointSummary"/>.</param>
    public static object Globals(PSObject summary) => ReadableValue.Names(CellItems.Of<CheckpointSummary>(summary).Globals);

    /// <summary><see cref="CheckpointSummary.UnknownGlobals"/>.</summary>
    /// <param name="summary">A <see cref="CheckpointSummary"/>.</param>
    public static object UnknownGlobals(PSObject summary) => ReadableValue.Names(CellItems.Of<CheckpointSummary>(summary).UnknownGlobals);

    /// <summary><see cref="CheckpointSummary.UnsafeGlobals"/>.</summary>
    /// <param name="summary">A <see cref="CheckpointSummary"/>.</param>
    public static object UnsafeGlobals(PSObject summary) => ReadableValue.Names(CellItems.Of<CheckpointSummary>(summary).UnsafeGlobals);

    /// <summary><see cref="CheckpointSummary.Values"/>, as text <c>epoch=3; lr=0.1</c>.</summary>
    /// <param name="summary">A <see cref="CheckpointSummary"/>.</param>
    public static object Values(PSObject summary) => ReadableValue.Pairs(CellItems.Of<CheckpointSummary>(summary).Values);

    /// <summary><see cref="CheckpointSummary.Metadata"/>.</summary>
    /// <param name="summary">A <see cref="CheckpointSummary"/>.</param>
    public static object Metadata(PSObject summary) => ReadableValue.Pairs(CellItems.Of<CheckpointSummary>(summary).Metadata);
}
