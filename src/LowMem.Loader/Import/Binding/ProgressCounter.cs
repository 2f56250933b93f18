namespace LowMem.Loader.Import.Binding;

/// <summary>Adds up what several threads have done, and passes it on.</summary>
internal sealed class ProgressCounter(IProgress<ImportProgress>? progress, long bytesTotal, int tensorsTotal)
{
    private long bytesDone;
    private int tensorsDone;

    public void AddBytes(long count)
    {
        Interlocked.Add(ref bytesDone, count);
        Report();
    }

    public void AddTensor()
    {
        Interlocked.Increment(ref tensorsDone);
        Report();
    }

    private void Report() => progress?.Report(new ImportProgress(
        Interlocked.Read(ref bytesDone), bytesTotal, Volatile.Read(ref tensorsDone), tensorsTotal));
}
