namespace LowMem.Checkpoints.Pickle;

/// <summary>What one pickle held.</summary>
/// <param name="Root">The object at the top of the stack at STOP.</param>
/// <param name="Globals">Every global named anywhere in it, each once, in the order met.</param>
/// <param name="ByteLength">The bytes up to and including STOP.</param>
/// <param name="OpcodeCount">How many opcodes were read; what walks the tree is bounded by it.</param>
/// <param name="CallsResults">Whether the result of a call is itself called, which plain data never does.</param>
internal sealed record PickleResult(
    PickleNode Root, IReadOnlyList<PickleGlobal> Globals, long ByteLength, long OpcodeCount, bool CallsResults);
