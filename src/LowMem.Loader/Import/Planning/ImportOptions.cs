using LowMem.Checkpoints;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Sharding;
using LowMem.Loader.Import.Keys;

namespace LowMem.Loader.Import.Planning;

/// <summary>How a checkpoint is to be bound to a module.</summary>
public sealed record ImportOptions
{
    /// <summary>
    /// True to copy the values into memory of their own, false (the default) to map the file: then a page costs memory
    /// only while it is used, and belongs to the process only once it is written to.
    /// </summary>
    public bool Resident { get; init; }

    /// <summary>
    /// True to read the pages of what is mapped in the background, in the order of the files, once the values are bound: see
    /// <see cref="Binding.LoadReport.Prefetch"/>. Of no effect where nothing is mapped.
    /// </summary>
    public bool Prefetch { get; init; }

    /// <summary>
    /// True to take over the checkpoint's element types; false (the default) to cast to the module's. Not together with
    /// <see cref="DType"/>.
    /// </summary>
    public bool KeepDType { get; init; }

    /// <summary>
    /// PyTorch's name of the floating-point type that the module's floating-point parameters and buffers get, as
    /// <c>module.to(dtype)</c> would do: <c>bfloat16</c>, <c>float16</c>, ... . Null (the default) for their own types.
    /// </summary>
    public string? DType { get; init; }

    /// <summary>Whether floating-point and complex parameters are to want gradients; buffers never do.</summary>
    public bool RequiresGrad { get; init; }

    /// <summary>
    /// What the checkpoint's keys have in front of the module's: <c>model_state_dict</c>, <c>state_dict.module</c>; a dot
    /// at the end may be left out, and empty means nothing in front. Null (the default) to find out.
    /// </summary>
    public string? Prefix { get; init; }

    /// <summary>
    /// What the module calls the checkpoint's tensors; null (the default) when their names are the same. It is given the
    /// keys without the prefix. When no prefix is named either, one is looked for by customary names only.
    /// </summary>
    public IKeyMap? KeyMap { get; init; }

    /// <summary>
    /// Which keys of the module are loaded; null (the default) for all. The others stay as they are and are not missed, and
    /// keys of the checkpoint that it does not take are not unexpected.
    /// </summary>
    public IKeyFilter? KeyFilter { get; init; }

    /// <summary>The share of each tensor that is loaded; null (the default) for all of it. Needs <see cref="ShardRules"/>.</summary>
    public ShardNumber? Shard { get; init; }

    /// <summary>How tensors are split, by the keys of the module; null (the default) when nothing is.</summary>
    public ShardRules? ShardRules { get; init; }

    /// <summary>True to leave parameters as they are for which the checkpoint has nothing.</summary>
    public bool AllowMissing { get; init; }

    /// <summary>
    /// True to give what is on meta and gets nothing from the checkpoint - because it is not there, is not chosen, or has another
    /// shape that is allowed - the initial values of its layer, as PyTorch's <c>reset_parameters</c> would. Then keys may be missing.
    /// </summary>
    public bool InitializeMissing { get; init; }

    /// <summary>
    /// Where the random numbers of <see cref="InitializeMissing"/> begin: the same seed gives the same values. Null (the default)
    /// for libtorch's own source, which <c>torch.manual_seed</c> sets.
    /// </summary>
    public long? Seed { get; init; }

    /// <summary>Whether keys of the module may be missing.</summary>
    internal bool AcceptsMissing => AllowMissing || InitializeMissing;

    /// <summary>True to leave aside what the checkpoint has and the module has not.</summary>
    public bool AllowUnexpected { get; init; }

    /// <summary>True to leave parameters as they are that have another shape in the checkpoint.</summary>
    public bool AllowShapeMismatch { get; init; }

    /// <summary>
    /// True to load the tensors of a file although it names globals that could run code if PyTorch loaded it; false (the
    /// default) to refuse it. Nothing in a file is ever executed, whichever it is.
    /// </summary>
    public bool AllowUnsafeGlobals { get; init; }

    /// <summary>Where the values are to be, as PyTorch names it: <c>cpu</c>, <c>cuda</c>, <c>cuda:1</c>, <c>mps</c>.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>The element type that a tensor gets: the one place that says so, for loads and for estimates.</summary>
    /// <param name="source">Its type in the checkpoint.</param>
    /// <param name="own">Its type in the module; that of the checkpoint when the module is made after it.</param>
    internal DType GetTarget(DType source, DType own) =>
        KeepDType ? source
        : DType is { } name && own.Kind == DTypeKind.Floating ? Checkpoints.DType.Get(name)
        : own;

    /// <summary>Makes sure that the options go together.</summary>
    /// <exception cref="ModelException">They do not.</exception>
    internal void Validate()
    {
        if (Seed is not null && !InitializeMissing)
        {
            throw new ModelException(
                ModelErrorIds.ImportOptionsInvalid, "A seed is for initial values: Seed needs InitializeMissing with it.");
        }

        if (Shard is null != ShardRules is null)
        {
            throw new ModelException(
                ModelErrorIds.ImportOptionsInvalid, "A shard is worked out by rules, and rules are for a shard: Shard and ShardRules need each other.");
        }

        if (DType is null)
        {
            return;
        }

        if (KeepDType)
        {
            throw new ModelException(
                ModelErrorIds.ImportOptionsInvalid,
                $"The types of the checkpoint cannot be kept and be {DType} at once: choose one of KeepDType and DType.");
        }

        if (Checkpoints.DType.Find(DType) is not { Kind: DTypeKind.Floating, ByteSize: > 0 })
        {
            throw new ModelException(
                ModelErrorIds.ImportOptionsInvalid,
                $"'{DType}' is not the name of a floating-point type of PyTorch. Use float32, bfloat16, float16, ...");
        }
    }
}
