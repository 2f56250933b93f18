using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Sources;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Parts;

/// <summary>What is divided: one of the things that are done with checkpoints.</summary>
public abstract class PartOperation
{
    /// <param name="name">The cmdlet.</param>
    /// <param name="options">What was asked for, by the name of the parameter: parts of other options do not go together.</param>
    private protected PartOperation(string name, IReadOnlyDictionary<string, string> options)
    {
        Name = name;
        Options = new SortedDictionary<string, string>(options.ToDictionary(), StringComparer.Ordinal);
    }

    /// <summary>The cmdlet.</summary>
    public string Name { get; }

    /// <summary>What was asked for.</summary>
    internal SortedDictionary<string, string> Options { get; }

    /// <summary>Where each checkpoint is; a name of a server has its own location.</summary>
    public Func<string, CheckpointLocation> Locate { get; init; } = static _ => CheckpointLocation.Local;

    /// <summary>Whether the bytes of tensors are read, so that checkpoints cost what they are long.</summary>
    internal virtual bool ReadsData => true;

    /// <summary>Whether one checkpoint can be shared by several parts.</summary>
    internal virtual bool CanDivide => true;

    /// <summary>Whether every checkpoint is shared, however small.</summary>
    internal virtual bool AlwaysDivides => false;

    /// <summary>Whether every part has to do with each checkpoint that is shared, also with one too small for that.</summary>
    internal virtual bool NeedsAll => false;

    /// <summary>For tests: whether checkpoints are shared by all parts, whatever that costs.</summary>
    internal bool IgnoresCost { get; init; }

    /// <summary>Does a part of the work.</summary>
    /// <param name="task">The checkpoint.</param>
    /// <param name="part">What of it is done here.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <exception cref="Diagnostics.CheckpointException">Nothing can be said of the checkpoint.</exception>
    internal abstract PartItem Run(PartTask task, PlanPart part, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken);

    /// <summary>The item with what all items have.</summary>
    private protected static PartItem MakeItem(PartTask task, PlanPart part, string fingerprint) => new()
    {
        Index = task.Index,
        Input = task.Input,
        Path = task.Path,
        IsDivided = task.IsDivided,
        Sharers = task.Sharers,
        HasCommon = part.HasCommon,
        Fingerprint = fingerprint,
    };
}
