namespace LowMem.Checkpoints.Exploring;

/// <summary>As what a node of a <see cref="CheckpointTree"/> is meant.</summary>
public enum PlaceKind
{
    /// <summary>As that which holds what is below it.</summary>
    Module,

    /// <summary>As a tensor.</summary>
    Tensor,

    /// <summary>As a value that is no tensor.</summary>
    Value,
}
