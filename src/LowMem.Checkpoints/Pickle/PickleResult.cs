using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Pickle;

/// <summary>What one pickle held.</summary>
/// <param name="Root">The object at the top of the stack at STOP; None when it broke before.</param>
/// <param name="Globals">Every global named anywhere in it, each once, in the order met.</param>
/// <param name="ByteLength">The bytes up to and including STOP, or up to the place where it broke.</param>
/// <param name="OpcodeCount">How many opcodes were read; what walks the tree is bounded by it.</param>
internal sealed record PickleResult(
    PickleNode Root, IReadOnlyList<PickleGlobal> Globals, long ByteLength, long OpcodeCount)
{
    /// <summary>Every call that Python would make, those among them whose result is thrown away.</summary>
    public required IReadOnlyList<PickleObject> Calls { get; init; }

    /// <summary>The texts and bytes in which another pickle may hide.</summary>
    public required IReadOnlyList<PickleScalar> Payloads { get; init; }

    /// <summary>What was read, and where it is.</summary>
    public PickleSource? Source { get; init; }

    /// <summary>Why it is not taken, or null: it could not be read to its end, or its frames are none that a pickler writes.</summary>
    public CheckpointException? Error { get; init; }

    /// <summary>Whether it was read up to its STOP.</summary>
    public bool IsWhole { get; init; }

    /// <summary>
    /// Whether a frame ends where no pickler ends it. Bytes that only happen to look like a pickle have no frame that ends
    /// within them; one that is longer than the rest they easily have.
    /// </summary>
    public bool EndsFrameWrongly { get; init; }

    /// <summary>Whether versions of Python would read two pickles from it.</summary>
    public bool BreaksFrames => Error?.ErrorId == CheckpointErrorIds.Unsafe;
}
