using System.Runtime.CompilerServices;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Keys;
using LowMem.Checkpoints.Verification;
using LowMem.Loader.Import.Keys;

namespace LowMem.Loader.Skeletons.FromCheckpoint;

/// <summary>The part of a checkpoint that a module is made after, when no module says what there has to be.</summary>
/// <param name="Checkpoint">The checkpoint with the tensors that a module is to hold.</param>
/// <param name="Prefix">What their keys have in front of the module's, with its dot; empty when nothing.</param>
/// <param name="Faults">What is wrong with the checkpoint and was let pass.</param>
/// <param name="MissingKeys">What is not there because of that, by the names of the module.</param>
internal sealed record CheckpointPart(
    Checkpoint Checkpoint, string Prefix, IReadOnlyList<CheckpointFinding> Faults, IReadOnlyList<string> MissingKeys)
{
    /// <summary>Takes all that is behind a prefix.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="prefix">The prefix as somebody gave it; null to find it.</param>
    /// <param name="onLoss">Told what is missing, if anything is; null when nothing may be.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    /// <exception cref="CheckpointException">Something is at fault.</exception>
    /// <exception cref="ModelException">Two tensors go by one key, or it is not clear which part is meant.</exception>
    public static CheckpointPart Take(
        Checkpoint checkpoint, string? prefix, Action<CheckpointLoss>? onLoss, CancellationToken cancellationToken)
    {
        var part = Take(checkpoint, prefix, key => key, isChosen: null, allowMissing: onLoss is not null, cancellationToken);
        if (part.Faults.Count > 0)
        {
            onLoss?.Invoke(new CheckpointLoss(part.Faults, part.MissingKeys));
        }

        return part;
    }

    /// <summary>Takes what is behind a prefix, renamed and chosen.</summary>
    /// <inheritdoc cref="Take(Checkpoint, string?, Action{CheckpointLoss}?, CancellationToken)"/>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="prefix">The prefix as somebody gave it; null to find it.</param>
    /// <param name="rename">The module's name for what is behind the prefix; null or empty when it is left out.</param>
    /// <param name="isChosen">Whether the tensor of that name is to be loaded; null when all are.</param>
    /// <param name="allowMissing">Whether what is lost may be missing.</param>
    /// <param name="cancellationToken">Ends the work early.</param>
    public static CheckpointPart Take(
        Checkpoint checkpoint,
        string? prefix,
        Func<string, string?> rename,
        Func<string, bool>? isChosen,
        bool allowMissing,
        CancellationToken cancellationToken)
    {
        var faults = ContentFaults.Find(checkpoint, isWhole: true, cancellationToken);
        checkpoint = checkpoint.WithoutAttributes();
        var start = KeyPrefix.Normalize(prefix ?? StateDictPrefix.Find(checkpoint));
        if (faults.FirstOrDefault(fault => fault.Finding.Code == FindingCodes.DuplicateKey && IsWanted(fault.Finding.Key!)) is { } twice)
        {
            throw new ModelException(
                ModelErrorIds.SkeletonInvalid,
                $"{checkpoint.Path}: the key '{DisplayText.Name(twice.Finding.Key)}' is there twice. Name the sub-dictionary that is meant as the prefix.");
        }

        var passed = ContentGate.Pass(checkpoint, faults, IsWanted, allowMissing);
        var lost = passed.SelectMany(fault => fault.Keys ?? []).Where(IsWanted).ToHashSet(StringComparer.Ordinal);
        IReadOnlyList<TensorInfo> tensors = lost.Count == 0 && isChosen is null
            ? checkpoint.Tensors
            : [.. checkpoint.Tensors.Where(tensor => !lost.Contains(tensor.Key) && (isChosen is null || IsWanted(tensor.Key) || IsLoadable(tensor)))];
        return new CheckpointPart(
            checkpoint with { Tensors = tensors },
            start,
            [.. passed.Select(fault => fault.Finding)],
            [.. lost.Select(NameOf).OfType<string>()]);

        string? NameOf(string key) => key.StartsWith(start, StringComparison.Ordinal) ? rename(key[start.Length..]) : null;

        bool IsWanted(string key) => NameOf(key) is { Length: > 0 } name && isChosen?.Invoke(name) != false;
    }

    // In a method of its own: it looks up types of TorchSharp, which somebody who measures memory does not need.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsLoadable(TensorInfo tensor) =>
        tensor.UnreadableReason is null && CheckpointTensors.FindProblem(tensor) is null;
}
