namespace LowMem.Loader.Skeletons.Containers;

/// <summary>What is known of the forward pass of a <see cref="ModuleContainer"/>.</summary>
internal enum ForwardKnowledge
{
    /// <summary>It runs its children in order: PyTorch's <c>Sequential</c>, what a user put in order, or says is in order.</summary>
    Sequence,

    /// <summary>A list or dictionary of modules: the class that holds it decides what runs when.</summary>
    List,

    /// <summary>A class of PyTorch that is known to compute something else than its children in order.</summary>
    Other,

    /// <summary>A class in a printed model: its name and its modules are known, and not its code.</summary>
    Printed,

    /// <summary>A part of a checkpoint: the names of its tensors are known, and nothing else.</summary>
    Stored,
}
