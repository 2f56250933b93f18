using LowMem.Checkpoints.Pickle;

namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// A call of <c>torch._utils._rebuild_tensor_v2</c> as it is for nearly every tensor. As nodes it takes ten times the memory
/// of what it says; whoever asks for them gets them, made anew.
/// </summary>
/// <param name="kind">What it has in common with others.</param>
/// <param name="storage">The name of the storage, a number.</param>
/// <param name="offset">Where the first element is, in elements of the storage.</param>
internal sealed class OrdinaryTensorCall(OrdinaryTensorKind kind, long storage, long offset) : PickleObject
{
    public OrdinaryTensorKind Kind => kind;

    public long Storage => storage;

    public long Offset => offset;

    public override PickleNode Callable => kind.Rebuild;

    public override PickleNode Arguments => kind.Build(storage, offset).Arguments;

    public override int ArgumentCount => OrdinaryTensorPattern.ArgumentCount;

    public override bool IsPlain => IsUnchanged;
}
