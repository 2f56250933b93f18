using LowMem.Loader.Import;

namespace LowMem.PowerShell.Pipeline;

/// <summary>Keeps the last report of an import; reports come from several threads and are read by one.</summary>
internal sealed class LatestProgress : IProgress<ImportProgress>
{
    private readonly Lock gate = new();
    private ImportProgress latest;

    public ImportProgress Latest
    {
        get
        {
            lock (gate)
            {
                return latest;
            }
        }
    }

    public void Report(ImportProgress value)
    {
        lock (gate)
        {
            // Reports may overtake each other; the one that is farther is the later one.
            if (value.BytesDone >= latest.BytesDone && value.TensorsDone >= latest.TensorsDone)
            {
                latest = value;
            }
        }
    }
}
