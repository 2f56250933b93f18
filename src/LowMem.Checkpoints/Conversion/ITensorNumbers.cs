using LowMem.Checkpoints.Values;

namespace LowMem.Checkpoints.Conversion;

/// <summary>
/// The numbers that a tensor stands for, where they are not those of its elements: of weights that are kept with scales.
/// </summary>
internal interface ITensorNumbers
{
    /// <summary>The key that they go by.</summary>
    string Key { get; }

    /// <summary>The shape of the numbers.</summary>
    long[] Shape { get; }

    /// <summary>The bytes that are read for them, without the scales.</summary>
    long StoredByteLength { get; }

    /// <summary>The tensors that are read for them: their keys are not written.</summary>
    IReadOnlyCollection<string> Keys { get; }

    /// <summary>The same for a range of one dimension.</summary>
    /// <param name="dimension">The dimension, from 0.</param>
    /// <param name="start">The first index.</param>
    /// <param name="length">How many indices; may be 0.</param>
    /// <exception cref="Diagnostics.CheckpointException">The range cuts numbers that share bytes or a scale.</exception>
    ITensorNumbers Narrow(int dimension, long start, long length);

    /// <summary>Wants what the numbers are made of.</summary>
    /// <param name="plan">What is read.</param>
    /// <param name="take">Takes numbers as they come, from several threads and in any order.</param>
    void Add(BlockPlan plan, NumberTaker take);
}

/// <summary>Takes numbers.</summary>
/// <param name="first">The place of the first one, in row-major order.</param>
/// <param name="numbers">The numbers; they are not to be kept.</param>
internal delegate void NumberTaker(long first, ReadOnlySpan<float> numbers);
