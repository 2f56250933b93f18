namespace LowMem.Checkpoints.Pickle;

/// <summary>Which of Python's sequences a node was.</summary>
internal enum PickleSequenceKind
{
    List,
    Tuple,
    Set,
    FrozenSet,
}
