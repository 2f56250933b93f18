using System.Management.Automation;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Sources;

namespace LowMem.PowerShell.Provider;

/// <summary>What an item of a drive means to a cmdlet that it is piped to: a part of a checkpoint.</summary>
/// <param name="Tensors">The keys of the tensors.</param>
/// <param name="Values">The keys of the values.</param>
/// <param name="Location">Where the checkpoint is; null where the item does not tell.</param>
internal sealed record DriveSelection(IEnumerable<string> Tensors, IEnumerable<string> Values, CheckpointLocation? Location)
{
    /// <summary>What an object means; null when it is no item of a drive.</summary>
    public static (string Checkpoint, DriveSelection Selection)? Find(PSObject item)
    {
        var location = (item.Properties["PSDrive"]?.Value as CheckpointDrive)?.Source;
        return item.BaseObject switch
        {
            CheckpointNode node => (node.Checkpoint, new DriveSelection(node.GetKeys(), node.GetValueKeys(), location)),
            CheckpointValue value => (value.Checkpoint, new DriveSelection([], [value.Key], location)),

            // Those that no drive gave have no such path.
            TensorInfo tensor when item.Properties["PSPath"] is not null => (tensor.Checkpoint, new DriveSelection([tensor.Key], [], location)),
            _ => null,
        };
    }
}
