using System.Globalization;
using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Exploring;

/// <summary>
/// A line of the tree of a checkpoint: a module or a tensor, or all the repeated ones that are alike. Its figures are those of all that
/// it stands for, so that those of the lines below come to its own.
/// </summary>
public sealed record CheckpointTreeLine
{
    /// <summary>
    /// The last part of the key, such as <c>self_attn</c>, or <c>layers.[0..31]</c> of blocks that are alike; names that have nothing
    /// beside them are joined to one. The name of the file for the first line.
    /// </summary>
    public required string Name { get; init; }

    /// <summary>How many lines are above: 0 for the first line, which is the checkpoint.</summary>
    public required int Depth { get; init; }

    /// <summary>How many modules or tensors the line stands for, such as 32 of <c>layers.[0..31]</c> and of each line below it.</summary>
    public required int Count { get; init; }

    /// <summary>A wildcard that matches the keys of the tensors, for <c>-Key</c>: numbers that are left out are stars.</summary>
    public required string Pattern { get; init; }

    /// <summary>How many tensors there are.</summary>
    public required int TensorCount { get; init; }

    /// <summary>The number of elements of all of them; those that several share count once.</summary>
    public required long ParameterCount { get; init; }

    /// <summary>
    /// The bytes of the storages that they cover, and what no tensor of the checkpoint covers of these; what several share counts once.
    /// </summary>
    public required long ByteLength { get; init; }

    /// <summary>
    /// The part of the checkpoint's bytes that lies here, from 0 to 1. Those of several lines can come to more than 1 together when they
    /// share storages.
    /// </summary>
    public required double Share { get; init; }

    /// <summary>How many tensors there are of each element type.</summary>
    public required IReadOnlyDictionary<string, long> DTypes { get; init; }

    /// <summary>The shape of each tensor that the line stands for; null for a module.</summary>
    public long[]? Shape { get; init; }

    /// <summary>The tensors of a module that has nothing else, which have no lines of their own: <c>bias [10], weight [10, 2]</c>.</summary>
    public string? Contents { get; init; }

    /// <summary>
    /// Which lines above have others of their kind below this one, so that the tree has a branch there, and whether this one has: one
    /// letter for each depth from 1 on, <c>|</c> or a blank.
    /// </summary>
    public required string Branches { get; init; }

    /// <summary>The path of the checkpoint that was asked for.</summary>
    public required string Checkpoint { get; init; }

    /// <summary>One line for a log, harmless whatever the keys are.</summary>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{new string(' ', 2 * Depth)}{DisplayText.Name(Name)}: {TensorCount} tensors, {ByteLength} bytes");
}
