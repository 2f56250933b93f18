using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values.Scaled;

namespace LowMem.Checkpoints.Sharding;

/// <summary>Splits scales as the codes that they belong to are split: whatever the rules say of them, they have to.</summary>
internal static class ScaleShards
{
    /// <summary>The slice of scales that goes with a slice of codes; null when all codes of the slice need all scales.</summary>
    /// <param name="scaled">The codes and the scales.</param>
    /// <param name="codes">The slice of the codes.</param>
    /// <param name="problem">Why there is none; else null.</param>
    public static ShardRange? Find(ScaledTensor scaled, ShardRange codes, out string? problem)
    {
        problem = null;
        var grid = scaled.Grid;
        int dimension = codes.Dimension;
        long size = scaled.Stored.Shape[dimension];
        if (scaled.Scales is not { } scales || grid.Strides[dimension] == 0)
        {
            return null;
        }

        long block = grid.BlockSizes[dimension];
        long end = codes.Start + codes.Length;
        if (codes.Length == 0)
        {
            return new ShardRange(dimension, Math.Min(codes.Start / block, scales.Shape[dimension]), 0);
        }

        if (codes.Start % block != 0 || (end % block != 0 && end != size))
        {
            problem = $"indices {codes.Start} to {end - 1} of dimension {dimension} cut a block of {block} that shares a scale ('{DisplayText.Name(scales.Key)}'). "
                + "Choose a count whose slices end at blocks, or write numbers with Convert-Checkpoint -Dequantize";
            return null;
        }

        return new ShardRange(dimension, codes.Start / block, ((end - 1) / block) - (codes.Start / block) + 1);
    }
}
