using System.Management.Automation;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Parts;
using LowMem.Checkpoints.Values.Division;
using LowMem.PowerShell.Errors;
using LowMem.PowerShell.Pipeline;

namespace LowMem.PowerShell.Commands;

/// <summary>What the cmdlets share whose work can be divided: of a part, all checkpoints are collected first, since a share is one of the whole list.</summary>
public abstract class PartedCheckpointCommand : CheckpointUriCommand
{
    private readonly List<string> collected = [];
    private readonly List<ErrorRecord> errors = [];
    private bool isItem;

    /// <summary>The part that is done here; null to do all.</summary>
    private protected PartNumber? Share { get; set; }

    /// <summary>What is done, for the progress bar.</summary>
    private protected abstract string Activity { get; }

    /// <summary>Whether checkpoints that are not shared may be worked on at the same time.</summary>
    private protected virtual bool WorksAtOnce => false;

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (Share is { } part)
        {
            ForItem(null, () => Run(part));
            TellTraffic();
        }
    }

    /// <inheritdoc/>
    private protected sealed override void Take(string path)
    {
        if (Share is null)
        {
            ProcessCheckpoint(path);
        }
        else
        {
            Collect(path);
        }
    }

    /// <inheritdoc/>
    private protected sealed override void NoteError(ErrorRecord record)
    {
        if (Share is not null && !isItem)
        {
            errors.Add(record);
        }
    }

    /// <summary>Puts a checkpoint on the list.</summary>
    private protected virtual void Collect(string path) => collected.Add(path);

    /// <summary>What is done with the checkpoints, with all options.</summary>
    private protected abstract PartOperation CreateOperation();

    /// <summary>Does what only this thread may, before a checkpoint is worked on.</summary>
    /// <param name="task">The checkpoint.</param>
    /// <returns>False when somebody said not to.</returns>
    private protected virtual bool Prepare(PartTask task) => true;

    private void Run(PartNumber part)
    {
        var work = new PartWork(part, CreateOperation(), collected, StopToken);
        bool isWhole = true;
        foreach (var task in work.Divided)
        {
            isWhole &= RunOne(work, task);
        }

        var own = work.TakeWhole();
        if (WorksAtOnce && own.Count > 1)
        {
            RunAtOnce(work, own);
        }
        else
        {
            foreach (var task in own)
            {
                isWhole &= RunOne(work, task);
            }
        }

        foreach (var error in errors)
        {
            work.AddError(error.FullyQualifiedErrorId.Split(',')[0], error.Exception.Message, error.TargetObject as string, error.CategoryInfo.Category.ToString());
        }

        if (isWhole)
        {
            WriteObject(work.Conclude());
        }
    }

    /// <returns>False when somebody said not to.</returns>
    private bool RunOne(PartWork work, PartTask task)
    {
        try
        {
            if (!Prepare(task))
            {
                return false;
            }
        }
        catch (Exception exception) when (ErrorRecords.IsExpected(exception))
        {
            Fail(work, task, ErrorRecords.Of(exception, task.Path));
            return true;
        }
        catch (RefusedException refusal)
        {
            Fail(work, task, refusal.Record);
            return true;
        }

        Report(task, ProgressBar.Run(this, Activity, task.Path, progress => work.Run(task, progress, StopToken)));
        return true;
    }

    private void RunAtOnce(PartWork work, IReadOnlyList<PartTask> own)
    {
        long done = 0;
        string current = own[0].Path;
        using var progress = new FolderProgress(this, Activity, $"part {Share}");
        OrderedWork.Run(
            own,
            task => work.Run(task, null, StopToken),
            Math.Min(Environment.ProcessorCount, 32),
            (task, result) =>
            {
                done++;
                current = task.Path;
                Report(task, result.GetAwaiter().GetResult());
                progress.Show(done, own.Count, current);
            },
            () => progress.Show(done, own.Count, current));
    }

    private void Fail(PartWork work, PartTask task, ErrorRecord record)
    {
        work.AddFailure(task, record.FullyQualifiedErrorId.Split(',')[0], record.Exception.Message, record.CategoryInfo.Category.ToString());
        Write(record);
    }

    private void Report(PartTask task, CheckpointException? problem)
    {
        if (problem is not null)
        {
            Write(ErrorRecords.Of(problem, task.Path));
        }
    }

    /// <summary>What is wrong with one checkpoint is in its result already.</summary>
    private void Write(ErrorRecord record)
    {
        isItem = true;
        WriteError(record);
        isItem = false;
    }
}
