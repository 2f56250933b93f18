namespace LowMem.Benchmarks.Cases;

/// <summary>Reads all files below a folder on all cores, and does nothing with them: the first time in a process, and again.</summary>
internal static class FolderReadCase
{
    /// <summary>The name of the case.</summary>
    public const string Name = "folder-read";

    /// <summary>Runs the case.</summary>
    public static void Run(string folder)
    {
        Step.Say(Step.Ready);
        Step.Run(Step.Loaded, Read);
        Step.Run(Step.LoadedAgain, Read);

        double Read()
        {
            var count = 0;
            Parallel.ForEach(
                Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories),
                new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount },
                file =>
                {
                    GC.KeepAlive(File.ReadAllBytes(file));
                    Interlocked.Increment(ref count);
                });
            return count;
        }
    }
}
