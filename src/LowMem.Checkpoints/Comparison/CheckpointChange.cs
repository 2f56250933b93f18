namespace LowMem.Checkpoints.Comparison;

/// <summary>In what something of two checkpoints differs.</summary>
public enum CheckpointChange
{
    /// <summary>In nothing, as far as the tolerances say.</summary>
    Equal,

    /// <summary>It is in the difference only.</summary>
    Added,

    /// <summary>It is in the reference only.</summary>
    Removed,

    /// <summary>A tensor of the reference is in the difference under another key: type, shape and every byte of the values are equal.</summary>
    Renamed,

    /// <summary>The shapes differ; values are not compared then.</summary>
    Shape,

    /// <summary>The element types, the layouts or the scales of quantised tensors differ; figures say whether the numbers differ, too.</summary>
    DType,

    /// <summary>The values differ.</summary>
    Value,
}
