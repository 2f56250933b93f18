namespace LowMem.Checkpoints.Pickle;

/// <summary>A reference to something kept outside the pickle; PyTorch names storages this way.</summary>
internal sealed class PicklePersistentId(PickleNode id) : PickleNode
{
    public PickleNode Id { get; } = id;
}
