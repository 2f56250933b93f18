using System.Collections;
using System.Management.Automation;
using System.Management.Automation.Provider;
using LowMem.Checkpoints;
using LowMem.Checkpoints.Diagnostics;
using LowMem.Checkpoints.Values;
using LowMem.Checkpoints.Values.Arrays;
using LowMem.PowerShell.Errors;

namespace LowMem.PowerShell.Provider;

/// <summary>Reads a tensor for Get-Content: row by row, or as one array.</summary>
internal sealed class TensorContentReader : IContentReader
{
    private readonly TensorDataReader reader;
    private readonly TensorView view;
    private readonly TensorRows rows;
    private readonly bool isRaw;
    private readonly CancellationToken stop;
    private bool isDone;

    public TensorContentReader(Checkpoint checkpoint, TensorInfo tensor, CheckpointProvider.ContentParameters parameters, CancellationToken stop)
    {
        reader = new TensorDataReader(checkpoint);
        view = new TensorView(tensor);
        rows = new TensorRows(reader, view);
        isRaw = parameters.Raw;
        this.stop = stop;
        rows.Position = Math.Clamp(parameters.Skip < 0 ? rows.Count + parameters.Skip : parameters.Skip, 0, rows.Count);
    }

    /// <param name="readCount">How many rows; all that are left when it is not positive.</param>
    public IList Read(long readCount)
    {
        try
        {
            if (!isRaw)
            {
                var read = rows.Read(readCount is > 0 and < int.MaxValue ? (int)readCount : int.MaxValue, stop);
                if (!isDone && rows.Position == rows.Count)
                {
                    isDone = true;
                    reader.CheckUnchanged();
                }

                return read as IList ?? read.ToArray();
            }

            if (isDone)
            {
                return Array.Empty<object>();
            }

            isDone = true;
            object whole = TensorArray.Read(reader, view, progress: null, stop);
            reader.CheckUnchanged();
            return new[] { whole };
        }
        catch (CheckpointException exception)
        {
            // Get-Content shows what it catches by its message; the id is within.
            throw new RecordedException(ErrorRecords.Of(exception, view.Tensor.Key));
        }
        catch (OperationCanceledException)
        {
            throw new PipelineStoppedException();
        }
    }

    public void Seek(long offset, SeekOrigin origin)
    {
        long from = origin switch
        {
            SeekOrigin.Begin => 0,
            SeekOrigin.Current => rows.Position,
            _ => rows.Count,
        };
        rows.Position = Math.Clamp(checked(from + offset), 0, rows.Count);
    }

    public void Close() => reader.Dispose();

    public void Dispose() => Close();
}
