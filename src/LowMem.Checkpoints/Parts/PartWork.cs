using System.Diagnostics;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts.Records;
using LowMem.Checkpoints.Sources;
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

    private const int ShareOfOpening = 25;

    private readonly Lock gate = new();
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly PartNumber part;
    private readonly PartOperation operation;
    private readonly PartList list;
    private readonly PartLoads loads;

    /// <summary>Counts what is read to find the share.</summary>
    private readonly ReadMeter looked = new();
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
        list = PartList.Create(paths, operation.ReadsData, LookAt, cancellationToken);
        loads = new PartLoads(part.Count);
        Int128 total = list.Entries.Aggregate(Int128.Zero, (sum, entry) => sum + entry.Weight);
        List<PartTask> tasks = [.. list.Entries.Select((entry, index) =>
        {
            int sharers = IsDivided(entry, total) ? CountSharers(entry, cancellationToken) : 1;
            return new PartTask(entry.Path, index, entry.Input, sharers > 1 || operation.AlwaysDivides, sharers, operation.Locate);
        })];
        foreach (var task in tasks.Where(task => task.IsDivided && task.Sharers < part.Count))
        {
            // Parts that have nothing to do with it do not know how it is divided, and all have to give out the rest in the same way.
            loads.Charge(Enumerable.Range(0, task.Sharers).Select(place => (task.Index + place) % part.Count), list.Entries[task.Index].Weight / task.Sharers);
        }

        Divided = [.. tasks.Where(task => task.IsDivided && PlaceIn(task) < task.Sharers)];
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
        int place = PlaceIn(task);
        var share = !task.IsDivided ? new PlanPart(0, new PartLoads(1), HasCommon: true)
            : task.Sharers < part.Count ? new PlanPart(place, new PartLoads(task.Sharers), HasCommon: place == 0)
            : new PlanPart(part.Number - 1, loads, HasCommon: place == 0);
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
        var item = Fail(task, !task.IsDivided || PlaceIn(task) == 0, new PartError(errorId, message, task.Path, category));
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
            BytesRead = looked.Bytes + record.Items.Sum(item =>
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
        Sharers = task.Sharers,
        HasCommon = hasCommon,
        Error = error,
    };

    private CheckpointLocation LookAt(string path) => operation.Locate(path).With(looked);

    /// <summary>Which of those that share a checkpoint this part is, from 0; the first tells what is said of the whole.</summary>
    private int PlaceIn(PartTask task) => (part.Number - 1 + part.Count - (task.Index % part.Count)) % part.Count;

    /// <summary>Each part lists the checkpoint before it reads its share: all but the first may cost a twenty-fifth of it together.</summary>
    private int CountSharers(PartList.Entry entry, CancellationToken cancellationToken)
    {
        if (operation.NeedsAll || operation.IgnoresCost)
        {
            return part.Count;
        }

        long budget = entry.Weight / ShareOfOpening;
        return budget < OpeningCost.OfAnyFile
            ? 1
            : (int)Math.Min(part.Count, 1 + (budget / OpeningCost.Of(entry.Path, LookAt(entry.Path), cancellationToken)));
    }

    private bool IsDivided(PartList.Entry entry, Int128 total) => operation.CanDivide
        && (operation.AlwaysDivides
            || list.Entries.Count == 1
            || (entry.Weight >= LeastShare * part.Count && (Int128)entry.Weight * Fineness * part.Count >= total));
}
