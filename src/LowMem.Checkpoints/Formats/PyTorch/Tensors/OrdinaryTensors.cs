namespace LowMem.Checkpoints.Formats.PyTorch.Tensors;

/// <summary>
/// Lists ordinary tensors without describing each. Those of one kind at one place in storages of one size are alike in all but
/// their names and the places of their storages: the first is checked in full, and of the others whether their storages are
/// there and as large.
/// </summary>
internal sealed class OrdinaryTensors(TensorInfoFactory factory)
{
    private readonly Dictionary<OrdinaryTensorKind, (TensorInfo Tensor, long Offset)> first = new(ReferenceEqualityComparer.Instance);

    /// <summary>Adds a tensor that is like one before; false when it has to be looked at in full.</summary>
    public bool TryAdd(TensorList tensors, string key, OrdinaryTensorCall call) =>
        call.IsPlain
        && first.TryGetValue(call.Kind, out var like)
        && like.Offset == call.Offset
        && factory.FindPlainStorage(call.Storage, like.Tensor.Storage!.ByteLength) is >= 0 and var place
        && tensors.TryAddLike(like.Tensor, key, call.Storage, place);

    /// <summary>Remembers a tensor that was looked at in full, when all there is to say about it is where its bytes are.</summary>
    public void Remember(OrdinaryTensorCall call, TensorInfo tensor)
    {
        if (tensor is { UnreadableReason: null, Storage: { Offset: >= 0, Content: null, Deflated: null } })
        {
            // Its sizes belong to whoever gets it from the list.
            first.TryAdd(call.Kind, (tensor with { Shape = [.. tensor.Shape], Stride = [.. tensor.Stride] }, call.Offset));
        }
    }
}
