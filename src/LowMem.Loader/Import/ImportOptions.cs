namespace LowMem.Loader.Import;

/// <summary>How a checkpoint is to be bound to a module.</summary>
public sealed record ImportOptions
{
    /// <summary>
    /// True to copy the values into memory of their own, false (the default) to map the file: then a page costs memory
    /// only while it is used, and belongs to the process only once it is written to.
    /// </summary>
    public bool Resident { get; init; }

    /// <summary>True to take over the checkpoint's element types; false (the default) to cast to the module's.</summary>
    public bool KeepDType { get; init; }

    /// <summary>Whether floating-point and complex parameters are to want gradients; buffers never do.</summary>
    public bool RequiresGrad { get; init; }

    /// <summary>
    /// What the checkpoint's keys have in front of the module's: <c>model_state_dict</c>, <c>state_dict.module</c>; a dot
    /// at the end may be left out, and empty means nothing in front. Null (the default) to find out.
    /// </summary>
    public string? Prefix { get; init; }

    /// <summary>
    /// True (the default) to refuse a checkpoint that lacks a key of the module, or has one that the module lacks; false
    /// to only report them. Shapes have to fit in any case.
    /// </summary>
    public bool Strict { get; init; } = true;

    /// <summary>
    /// True to load the tensors of a file although it names globals that could run code if PyTorch loaded it; false (the
    /// default) to refuse it. Nothing in a file is ever executed, whichever it is.
    /// </summary>
    public bool AllowUnsafeGlobals { get; init; }

    /// <summary>Where the values are to be, as PyTorch names it: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>, <c>mps</c>.</summary>
    public string Device { get; init; } = "cpu";
}
