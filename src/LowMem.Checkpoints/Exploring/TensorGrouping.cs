namespace LowMem.Checkpoints.Exploring;

/// <summary>By what tensors are put together.</summary>
public enum TensorGrouping
{
    /// <summary>The module that they belong to: the key without its last name, numbers folded.</summary>
    Module,

    /// <summary>The element type.</summary>
    DType,

    /// <summary>The shape.</summary>
    Shape,

    /// <summary>The file that holds the bytes.</summary>
    File,

    /// <summary>The storage, of which only those are groups that several tensors share.</summary>
    Storage,
}
