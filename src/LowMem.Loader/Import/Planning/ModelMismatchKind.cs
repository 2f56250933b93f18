namespace LowMem.Loader.Import.Planning;

/// <summary>In what way a checkpoint does not fit a module.</summary>
public enum ModelMismatchKind
{
    /// <summary>The module has the key, the checkpoint lacks it.</summary>
    MissingKey,

    /// <summary>The checkpoint has the key, the module lacks it.</summary>
    UnexpectedKey,

    /// <summary>The key stands for tensors of different shapes.</summary>
    Shape,

    /// <summary>The element type has no place in libtorch, or cannot be cast to the module's.</summary>
    DType,

    /// <summary>The values cannot be read: sparse, compressed, or not in the file.</summary>
    Unreadable,

    /// <summary>Several tensors of the checkpoint have equal right to one parameter.</summary>
    Ambiguous,
}
