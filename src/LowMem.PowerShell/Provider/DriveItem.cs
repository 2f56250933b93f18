using System.Management.Automation;
using LowMem.Checkpoints.Exploring;

namespace LowMem.PowerShell.Provider;

/// <summary>Makes the objects of a drive.</summary>
internal static class DriveItem
{
    /// <summary>Makes a new object: PowerShell adds the path to it, which would stay with one that is shared.</summary>
    public static PSObject Create(CheckpointListing listing, CheckpointPlace place, PSDriveInfo? drive)
    {
        var node = place.Node;
        var item = PSObject.AsPSObject(place.Kind switch
        {
            PlaceKind.Module => new CheckpointNode(listing, node, drive),
            PlaceKind.Tensor => new DriveTensor(node.Tensor!, drive),
            _ => new CheckpointValue(node.Name, node.Key, node.Value, listing.Checkpoint.Path) { Drive = drive },
        });
        HiddenNotes.AddTo(item);
        return item;
    }
}
