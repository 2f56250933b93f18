using System.Runtime.CompilerServices;
using LowMem.Checkpoints.Exploring;

namespace LowMem.PowerShell.Completion;

/// <summary>The keys of listings, made once: a list of a hundred thousand tensors makes a description each time that one is asked for.</summary>
internal static class ListedKeys
{
    private static readonly ConditionalWeakTable<CheckpointListing, string[]> Keys = [];

    /// <summary>The keys, in the order of the tensors.</summary>
    /// <param name="listing">The listing, which keeps them as long as it lives.</param>
    public static string[] Of(CheckpointListing listing) => Keys.GetValue(listing, listed => [.. listed.Checkpoint.Tensors.Select(tensor => tensor.Key)]);
}
