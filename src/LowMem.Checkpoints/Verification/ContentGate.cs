using LowMem.Checkpoints.Diagnostics;

namespace LowMem.Checkpoints.Verification;

/// <summary>Lets no half of a model through: what is at fault in a checkpoint is an error, unless somebody says that it may be missing.</summary>
public static class ContentGate
{
    private const int MaxNamed = 10;

    /// <summary>Refuses a checkpoint of which something that is wanted is at fault.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    /// <param name="faults">What is wrong with it.</param>
    /// <param name="isWanted">Whether the tensor of that key of the checkpoint is wanted.</param>
    /// <param name="allowMissing">
    /// Whether what is lost may be missing; null where nobody can allow it. What could be two things may not be either.
    /// </param>
    /// <returns>The faults that were let pass.</returns>
    /// <exception cref="CheckpointException">Something wanted is at fault.</exception>
    public static IReadOnlyList<ContentFault> Pass(
        Checkpoint checkpoint, IEnumerable<ContentFault> faults, Func<string, bool> isWanted, bool? allowMissing)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        ArgumentNullException.ThrowIfNull(isWanted);
        var wanted = faults.Where(fault => fault.Keys is null || fault.Keys.Any(isWanted)).ToList();
        var refused = wanted.Where(fault => !(allowMissing == true && fault.IsLoss)).ToList();
        if (refused.Count == 0)
        {
            return wanted;
        }

        var missing = checkpoint.MissingKeys.Where(isWanted).ToList();
        string allowed = allowMissing is not null && refused.TrueForAll(fault => fault.IsLoss) ? ", or take what is there with -AllowMissing" : string.Empty;
        throw new CheckpointException(
            CheckpointErrorIds.FormatInvalid,
            checkpoint.Path,
            $"{refused.Count} {(refused.Count == 1 ? "fault" : "faults")} in the checkpoint: what is made of it would be a part of the model. "
            + $"Get the files again{allowed}.",
            lines:
            [
                .. refused.Take(MaxNamed).Select(fault => $"  {fault.Finding.Message}"),
                .. refused.Count > MaxNamed ? (string[])[$"  and {refused.Count - MaxNamed} more"] : [],
                .. missing.Count > 0 ? (string[])[$"  missing: {DisplayText.Names(missing, MaxNamed)}"] : [],
            ])
        {
            Record = refused[0].Keys is { Count: 1 } ? refused[0].Keys!.First() : null,
            Offset = refused[0].Finding.Offset,
        };
    }
}
