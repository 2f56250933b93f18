namespace LowMem.Checkpoints.Pickle;

/// <summary>A reference to something kept outside the pickle.</summary>
internal sealed class PicklePersistentId(PickleNode id) : PickleNode
{
    public PickleNode Id { get; } = id;
}
