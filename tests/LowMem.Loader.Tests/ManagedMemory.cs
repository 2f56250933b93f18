namespace LowMem.Loader.Tests;

/// <summary>What the runtime holds, for tests that measure the memory of the process.</summary>
internal static class ManagedMemory
{
    /// <summary>
    /// Gives back what earlier tests left behind: the collector does so by and by, and memory that goes meanwhile would be taken for
    /// what is measured.
    /// </summary>
    public static void GiveBack()
    {
        Collect();
        GC.WaitForPendingFinalizers();
        Collect();
    }

    private static void Collect() => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
}
