namespace LowMem.Checkpoints.Safety.WeightsOnly;

/// <summary>What PyTorch's unpickler distinguishes among the things on its stack.</summary>
internal enum NodeKind : byte
{
    /// <summary>Anything of which it asks no more: a number with a point, a storage, an object of a plain type.</summary>
    Other,
    Integer,
    Text,

    /// <summary>The text that begins the persistent id of a storage.</summary>
    StorageTag,
    Tuple,

    /// <summary>A tuple that begins with that text, or an empty one: what a persistent id may be.</summary>
    StorageTuple,
    List,
    Dict,
    OrderedDict,
    Counter,
    Tensor,
    Parameter,

    /// <summary>An allowed constant, such as a dtype: it is there, and cannot be called.</summary>
    Constant,

    /// <summary>From here on: an allowed callable, with the kind of what it gives added.</summary>
    Function = 64,

    /// <summary>The same of a class, which NEWOBJ takes as well.</summary>
    Class = 128,
}
