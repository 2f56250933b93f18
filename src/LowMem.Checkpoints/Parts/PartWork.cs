using System.Diagnostics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Values.Division;
using LowMem.Checkpoints.Verification;

namespace LowMem.Checkpoints.Parts;

/// <summary>
/// One part of a divided job. The share is worked out from the list alone: the same list gives the same shares on every machine.
/// First the checkpoints that all parts share, one after the other, in order; then those that are this part's alone, in any order.
/// </summary>
public sealed class PartWork
{
    /// <summary>Of several checkpoints, only one that is so long for each part is shared: each part reads the header of it.</summary>
    private const long LeastShare = 4 << 20;

    /// <summary>And only one without which the shares would differ by more than a part of this size.</summary>
    private const int Fineness = 4;

    private readonly Lock gate = new();
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly PartNumber part;
    private readonly PartOperation operation;
    private readonly PartList list;
    private readonly PartLoads loads;
    private readonly List<PartItem> items = [];
    private readonly List<PartError> errors = [];
    private readonly List<PartTask> whole;

    /// <summary>Works out the share.</summary>
    /// <param name="part">Which part.</param>
    /// <param name="operation">What is done.</param>
    /// <param name="paths">All checkpoints of the job, by their full paths, in any order.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public PartWork(PartNumber part, PartOperation operation, IReadOnlyList<string> paths, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(operation);
        ArgumentNullException.ThrowIfNull(paths);
        this.part = part;
        this.operation = operation;
        list = PartList.Create(paths, operation.ReadsData, operation.Locate, cancellationToken);
        loads = new PartLoads(part.Count);
        Int128 total = list.Entries.Aggregate(Int128.Zero, (sum, entry) => sum + entry.Weight);
        List<PartTask> tasks = [.. list.Entries.Select((entry, index) => new PartTask(entry.Path, index, entry.Input, IsDivided(entry, total)))];
        Divided = [.. tasks.Where(task => task.IsDivided)];
        whole = [.. tasks.Where(task => !task.IsDivided)];
    }

    /// <summary>The checkpoints that all parts share. <see cref="Run"/> takes them one by one, in this order.</summary>
    public IReadOnlyList<PartTask> Divided { get; }

    /// <summary>The checkpoints that are this part's alone. Call when all that are shared were run.</summary>
    public IReadOnlyList<PartTask> TakeWhole()
    {
        var mine = new List<PartTask>();
        foreach (var task in whole.OrderByDescending(task => list.Entries[task.Index].Weight).ThenBy(task => task.Index))
        {
            if (loads.Assign(list.Entries[task.Index].Weight) == part.Number - 1)
            {
                mine.Add(task);
            }
        }

        return [.. mine.OrderBy(task => task.Index)];
    }

    /// <summary>Does the work of this part with one checkpoint.</summary>
    /// <param name="task">The checkpoint.</param>
    /// <param name="progress">Told how far it is, from several threads; or null.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    /// <returns>Why nothing can be said of the checkpoint, which is a part of the result; null when something can.</returns>
    public CheckpointException? Run(PartTask task, IProgress<VerificationProgress>? progress, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(task);
        var share = task.IsDivided
            ? new PlanPart(part.Number - 1, loads, task.Index % part.Count == part.Number - 1)
            : new PlanPart(0, new PartLoads(1), HasCommon: true);
        CheckpointException? problem = null;
        PartItem item;
        try
        {
            item = operation.Run(task, share, progress, cancellationToken);
        }
        catch (CheckpointException exception)
        {
            problem = exception;
            item = Fail(task, share.HasCommon, new PartError(exception.ErrorId, exception.Detail, exception.Path, null));
        }

        lock (gate)
        {
            items.Add(item);
        }

        return problem;
    }

    /// <summary>Says that nothing can be done with one checkpoint.</summary>
    /// <param name="task">The checkpoint.</param>
    /// <param name="errorId">The id of the error.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="category">The category of the error, by PowerShell's name.</param>
    public void AddFailure(PartTask task, string errorId, string message, string category)
    {
        ArgumentNullException.ThrowIfNull(task);
        var item = Fail(task, task.Index % part.Count == part.Number - 1, new PartError(errorId, message, task.Path, category));
        lock (gate)
        {
            items.Add(item);
        }
    }

    /// <summary>Takes an error in that is about no checkpoint as a whole.</summary>
    /// <param name="errorId">The id of the error.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="target">What it is about.</param>
    /// <param name="category">The category of the error, by PowerShell's name.</param>
    public void AddError(string errorId, string message, string? target, string category)
    {
        lock (gate)
        {
            errors.Add(new PartError(errorId, message, target, category));
        }
    }

    /// <summary>What this part came to.</summary>
    public CheckpointPart Conclude()
    {
        var record = new PartRecord
        {
            LowmemPart = PartRecord.CurrentVersion,
            Module = PartSet.ModuleVersion,
            Operation = operation.Name,
            Part = part.Number,
            Count = part.Count,
            List = list.Digest,
            ListCount = list.Entries.Count,
            Options = operation.Options,
            Items = [.. items.OrderBy(item => item.Index)],
            Errors = errors,
        };
        var findings = record.Items.SelectMany(item => item.Verdict?.Findings ?? [])
            .OrderByDescending(finding => finding.Severity)
            .Select(finding => finding.ToPlaced().Finding)
            .ToList();
        var failures = record.Items.Select(item => item.Error).OfType<PartError>().Concat(errors).ToList();
        int errorCount = failures.Count + findings.Count(finding => finding.Severity == FindingSeverity.Error);
        return new CheckpointPart
        {
            Part = part.ToString(),
            Operation = operation.Name,
            PartPassed = errorCount == 0,
            Errors = errorCount,
            Warnings = findings.Count(finding => finding.Severity == FindingSeverity.Warning),
            FirstFinding = failures.Count > 0 ? DisplayText.Line($"{failures[0].Id}: {failures[0].Message}") : findings.FirstOrDefault()?.ToString(),
            CheckpointCount = record.Items.Count,
            ListCount = record.ListCount,
            BytesRead = record.Items.Sum(item =>
                item.Verdict?.BytesRead ?? item.Manifest?.BytesRead ?? item.Statistics?.BytesRead ?? item.Conversion?.BytesRead ?? 0),
            Duration = Stopwatch.GetElapsedTime(started),
            Record = PartRecordJson.Write(record),
        };
    }

    private static PartItem Fail(PartTask task, bool hasCommon, PartError error) => new()
    {
        Index = task.Index,
        Input = task.Input,
        Path = task.Path,
        IsDivided = task.IsDivided,
        HasCommon = hasCommon,
        Error = error,
    };

    private bool IsDivided(PartList.Entry entry, Int128 total) => operation.CanDivide
        && (operation.AlwaysDivides
            || list.Entries.Count == 1
            || (entry.Weight >= LeastShare * part.Count && (Int128)entry.Weight * Fineness * part.Count >= total));
}
