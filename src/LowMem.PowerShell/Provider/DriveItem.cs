using System.Management.Automation;
using LowMem.Checkpoints.Exploring;

namespace LowMem.PowerShell.Provider;

/// <summary>Makes the objects of a drive.</summary>
internal static class DriveItem
{
    /// <summary>What all of them are to views beside what they are, so that one table has them all.</summary>
    public const string TypeName = "LowMem.PowerShell.Provider.CheckpointItem";

    /// <summary>Makes a new object: PowerShell adds the path to it, and who changes it changes nothing of the listing.</summary>
    public static PSObject Create(CheckpointListing listing, CheckpointPlace place)
    {
        var node = place.Node;
        var item = PSObject.AsPSObject(place.Kind switch
        {
            PlaceKind.Module => new CheckpointNode(listing, node),
            PlaceKind.Tensor => node.Tensor! with { Shape = [.. node.Tensor.Shape], Stride = [.. node.Tensor.Stride] },
            _ => new CheckpointValue(node.Name, node.Key, node.Value, listing.Checkpoint.Path),
        });
        item.TypeNames.Insert(0, TypeName);

        HiddenNotes.AddTo(item);
        return item;
    }
}
