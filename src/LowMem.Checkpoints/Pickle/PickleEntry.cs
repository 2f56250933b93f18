namespace LowMem.Checkpoints.Pickle;

/// <summary>A key of a dict and its value. A type of our own: what lists and queries need of it is compiled ahead of time.</summary>
internal readonly record struct PickleEntry(PickleNode Key, PickleNode Value);
