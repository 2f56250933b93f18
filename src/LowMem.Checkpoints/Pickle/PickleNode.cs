namespace LowMem.Checkpoints.Pickle;

/// <summary>A piece of an unpickled tree. Plain data: nothing in a pickle is ever looked up or run.</summary>
internal abstract class PickleNode
{
}
