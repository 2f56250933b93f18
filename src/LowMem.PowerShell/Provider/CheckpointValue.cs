using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.PowerShell.Provider;

/// <summary>A leaf of a checkpoint that is no tensor, such as an epoch.</summary>
/// <param name="Name">The last part of the key, as it is in the file.</param>
/// <param name="Key">The key.</param>
/// <param name="Value">The value.</param>
/// <param name="Checkpoint">The path of the checkpoint.</param>
public sealed record CheckpointValue(string Name, string Key, object? Value, string Checkpoint)
{
    internal PSDriveInfo? Drive { get; init; }

    /// <inheritdoc/>
    public override string ToString() => DisplayText.Line($"{Key}: {Value}");
}
